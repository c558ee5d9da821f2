import { open, stat, type FileHandle } from 'node:fs/promises';
import { StoreError } from '../common/errors.js';
import { fileTrouble } from '../common/files/file-trouble.js';
import { isGzip, isSquashfs, isTar, KIND_BYTES, nameForeignKind } from '../common/files/foreign-kind.js';

/** The type of a file for `push-snap`, found from its first bytes and never from its name. */
export type InputKind = 'snap' | 'tar' | 'tar.gz' | 'assertions';

/** A plain file and its type. */
export interface InspectedFile {
  readonly sizeBytes: number;
  /** undefined if this store does not read this type. */
  readonly kind: InputKind | undefined;
  /** Why it cannot be read, and what to do. */
  readonly why: string | undefined;
}

export const UNKNOWN_KIND = 'it is neither a snap, nor a tar or tar.gz archive, nor an assertion file';

/** The place of the file system's size in a squashfs superblock. */
const SQUASHFS_SIZE = { at: 40, end: 48 } as const;
/** Far above any snap: 1 TiB. */
const LARGEST_SNAP_BYTES = 1n << 40n;
const ASSERTION_START = Buffer.from('type: ');
const NEW_LINE = 0x0a;
/** ECMA-119, 8.1: the first volume descriptor of a CD is in sector 16. */
const CD_MARK = { at: 32_769, text: 'CD001' } as const;

/** The type of a file by its first {@link KIND_BYTES} bytes; undefined if this store does not read it. */
export function kindOf(head: Buffer): InputKind | undefined {
  if (isSquashfs(head)) return 'snap';
  if (isGzip(head)) return 'tar.gz';
  if (isTar(head) || isOldTar(head)) return 'tar';
  return isAssertionStart(head) ? 'assertions' : undefined;
}

/** Whether bytes are the beginning of an assertion stream; empty lines may come before it. */
export function isAssertionStart(head: Buffer): boolean {
  let start = 0;
  while (head[start] === NEW_LINE) start += 1;
  return head.subarray(start, start + ASSERTION_START.length).equals(ASSERTION_START);
}

/** Whether bytes are the beginning of a snap or a component. */
export function isSquashfsStart(head: Buffer): boolean {
  return kindOf(head) === 'snap';
}

/**
 * Inspects the content of a plain file.
 *
 * @throws StoreError `invalid-bundle` if it cannot be read, or is not a plain file
 */
export async function inspectFile(path: string): Promise<InspectedFile> {
  try {
    // Checked before the file is opened: opening a pipe would wait for a writer.
    const found = await stat(path);
    if (found.isDirectory()) throw new StoreError('invalid-bundle', 'it is a folder');
    if (found.isFIFO())
      throw new StoreError('invalid-bundle', 'it is a pipe: give - to read the standard input');
    if (!found.isFile()) throw new StoreError('invalid-bundle', 'it is not a plain file');
    const file = await open(path, 'r');
    try {
      return await inspect(file, found.size);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new StoreError('invalid-bundle', fileTrouble(error), { cause: error });
  }
}

/** Like {@link inspectFile}, but returns the error, for one of many files. */
export async function inspectOrRefusal(path: string): Promise<InspectedFile | StoreError> {
  try {
    return await inspectFile(path);
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
}

async function inspect(file: FileHandle, sizeBytes: number): Promise<InspectedFile> {
  const head = await bytesAt(file, 0, KIND_BYTES);
  const kind = kindOf(head);
  if (kind !== undefined)
    return { sizeBytes, kind, why: kind === 'snap' ? cutShort(head, sizeBytes) : undefined };
  const { at, text } = CD_MARK;
  const isCd = (await bytesAt(file, at, text.length)).toString('latin1') === text;
  const why = isCd
    ? 'it is an image of a CD (ISO 9660): mount it and give the files that are on it'
    : (nameForeignKind(head) ?? UNKNOWN_KIND);
  return { sizeBytes, kind, why };
}

/** Why a snap is cut off, by the size in its header; undefined if it is complete. */
function cutShort(head: Buffer, sizeBytes: number): string | undefined {
  const { at, end } = SQUASHFS_SIZE;
  if (head.length < end)
    return `it is cut off: it has ${sizeBytes} bytes, less than its header; copy it again`;
  const said = head.readBigUInt64LE(at);
  // If the header is invalid, the error is found when the file is read.
  return said > BigInt(sizeBytes) && said < LARGEST_SNAP_BYTES
    ? `it is cut off: it has ${sizeBytes} bytes, and its header says ${said}; copy it again`
    : undefined;
}

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

/**
 * @returns the type of a file; undefined if it is unknown
 * @throws StoreError `invalid-bundle` if it cannot be read
 */
export async function findInputKind(path: string): Promise<InputKind | undefined> {
  return (await inspectFile(path)).kind;
}

/**
 * @throws StoreError `invalid-bundle` if the type is unknown, or if the file is cut off or cannot be read
 */
export async function readInputKind(path: string): Promise<InputKind> {
  const { kind, why } = await inspectFile(path);
  if (kind === undefined || why !== undefined) throw new StoreError('invalid-bundle', why ?? UNKNOWN_KIND);
  return kind;
}

/** The place of the checksum in a tar header: octal digits, NUL, blank. */
const CHECKSUM = { start: 148, end: 156 } as const;
const BLANK = 0x20;

/**
 * Whether bytes are a tar without a magic number, from before 1988. Every tar header has a checksum of its bytes.
 *
 * @see POSIX.1-1988, 10.1.1; tar(5) of libarchive, "Old-Style Archive Format"
 */
function isOldTar(head: Buffer): boolean {
  if (head.length < KIND_BYTES || head[0] === 0) return false;
  const { start, end } = CHECKSUM;
  const said = /^[ 0]*([0-7]+)[\0 ]*$/.exec(head.toString('latin1', start, end));
  if (!said) return false;
  const sum = head.reduce((total, byte, at) => total + (at >= start && at < end ? BLANK : byte), 0);
  return Number.parseInt(said[1] ?? '', 8) === sum;
}
