import { open, stat } from 'node:fs/promises';
import { StoreError } from '../common/errors.js';
import { KIND_BYTES, nameForeignKind } from './foreign-kind.js';

/** What a file given to `push-snap` is, told by its first bytes and never by its name. */
export type InputKind = 'snap' | 'tar' | 'tar.gz' | 'assertions';

const SQUASHFS_MAGIC = Buffer.from('hsqs');
const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);
const TAR_MAGIC = Buffer.from('ustar');
const TAR_MAGIC_OFFSET = 257;
const ASSERTION_START = Buffer.from('type: ');

/**
 * @returns undefined where the file is none of them
 * @throws StoreError `invalid-bundle` where it cannot be read
 */
export async function findInputKind(path: string): Promise<InputKind | undefined> {
  return kindOf(await readHead(path));
}

function kindOf(head: Buffer): InputKind | undefined {
  const startsWith = (magic: Buffer, offset = 0) =>
    head.subarray(offset, offset + magic.length).equals(magic);
  if (startsWith(SQUASHFS_MAGIC)) return 'snap';
  if (startsWith(GZIP_MAGIC)) return 'tar.gz';
  if (startsWith(TAR_MAGIC, TAR_MAGIC_OFFSET) || isOldTar(head)) return 'tar';
  return startsWith(ASSERTION_START) ? 'assertions' : undefined;
}

/**
 * @throws StoreError `invalid-bundle` where the file is none of them or cannot be read
 */
export async function readInputKind(path: string): Promise<InputKind> {
  const head = await readHead(path);
  const kind = kindOf(head);
  if (kind) return kind;
  throw new StoreError(
    'invalid-bundle',
    nameForeignKind(head) ?? 'it is neither a snap, nor a tar or tar.gz archive, nor an assertion file',
  );
}

/** Of a header, where the sum of its bytes stands: octal digits, NUL, blank. */
const CHECKSUM = { start: 148, end: 156 } as const;
const BLANK = 0x20;

/**
 * A tar of before 1988 has no mark, but every header has the sum of its bytes.
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

async function readHead(path: string): Promise<Buffer> {
  try {
    // Asked before it is opened: opening a pipe would wait for somebody to write to it.
    if (!(await stat(path)).isFile()) throw new StoreError('invalid-bundle', 'it is not a plain file');
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(KIND_BYTES), 0, KIND_BYTES, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof StoreError) throw error;
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new StoreError('invalid-bundle', missing ? 'there is no such file' : (error as Error).message, {
      cause: error,
    });
  }
}
