import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import { COPY_CHUNK_BYTES, readChunks } from '../blobs/copy-hashed.js';
import { StoreError } from '../common/errors.js';
import { KIND_BYTES, nameForeignKind } from '../common/files/foreign-kind.js';
import { counting, gunzip } from './gunzip.js';
import { kindOf, type InputKind } from './input-kind.js';

/** Most entries of one archive; the largest export of a whole store has about ten thousand. */
export const MAX_ARCHIVE_ENTRIES = 100_000;

/** Longest name of an entry, in characters. */
export const MAX_ENTRY_NAME_LENGTH = 1_024;

/** Every tar ends with two empty blocks (POSIX.1-2017, pax, "ustar Interchange Format"). */
const END_OF_ARCHIVE_BYTES = 1_024;

/** Tars of old tools have no magic number, only checksums. The types of tar-stream lack this option. */
const ANY_FORMAT: NonNullable<Parameters<typeof extract>[0]> & { readonly allowUnknownFormat: boolean } = {
  allowUnknownFormat: true,
};

/** An entry of tar-stream: a header, and a stream that must be read or resumed. */
interface TarEntry extends AsyncIterable<Buffer> {
  /** `byteOffset` is the start of the content in the tar. */
  readonly header: Header & { readonly byteOffset: number };
  resume(): unknown;
}

/** A plain file in an archive. */
export interface ArchiveFile {
  /** Path with `/` between its parts; no part is empty, `.` or `..`. */
  readonly path: string;
  readonly sizeBytes: number;
  /** The content, once. Unread content is skipped. */
  readonly content: AsyncIterable<Buffer>;
}

function badArchive(why: string, cause?: unknown): StoreError {
  return new StoreError('invalid-bundle', why, { cause });
}

/** The entry's path, without a leading `./`. */
function checkedPath(name: string): string {
  const path = name.replace(/^(?:\.\/)+/, '').replace(/\/$/, '');
  const shown = JSON.stringify(name.slice(0, 80));
  if (name.length > MAX_ENTRY_NAME_LENGTH)
    throw badArchive(`entry ${shown}… has a name longer than ${MAX_ENTRY_NAME_LENGTH} characters`);
  if (path.startsWith('/')) throw badArchive(`entry ${shown} has an absolute name`);
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f\\]/.test(path))
    throw badArchive(`entry ${shown} has a control character or backslash in its name`);
  if (path !== '' && path.split('/').some((part) => part === '' || part === '.' || part === '..')) {
    throw badArchive(`entry ${shown} has an empty, "." or ".." part in its name`);
  }
  return path;
}

/**
 * Checks that the tar is complete, since tar itself cannot tell a cut from an end. The empty blocks must come after the
 * last entry, because snaps themselves end in as many zeros.
 */
class EndOfArchive {
  private tail = Buffer.alloc(0);
  private readBytes = 0;
  private contentEnd = 0;

  /** @param contentEnd - the end of an entry's content, in bytes from the start of the tar */
  passed(contentEnd: number): void {
    this.contentEnd = contentEnd;
  }

  async *watch(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      this.readBytes += chunk.length;
      const last = chunk.subarray(Math.max(0, chunk.length - END_OF_ARCHIVE_BYTES));
      this.tail = Buffer.concat([this.tail, last]).subarray(-END_OF_ARCHIVE_BYTES);
      yield chunk;
    }
  }

  check(): void {
    if (this.readBytes - this.contentEnd < END_OF_ARCHIVE_BYTES || this.tail.some((byte) => byte !== 0))
      throw badArchive('the archive is cut off: its end is missing');
  }
}

/** An entry's content; errors of the archive are reported as such. */
async function* entryContent(entry: TarEntry): AsyncGenerator<Buffer> {
  try {
    yield* entry;
  } catch (error) {
    throw damaged(error);
  }
}

function damaged(error: unknown): unknown {
  if (error instanceof StoreError) return error;
  return badArchive(
    `the archive is cut off or damaged (${error instanceof Error ? error.message : String(error)})`,
    error,
  );
}

/**
 * Reads an untrusted tar or tar.gz once, one entry at a time. Everything except plain files and folders is refused:
 * links, devices, names that leave the archive, and duplicate names.
 *
 * @param path - path of the archive
 * @param onBytes - called with the number of the archive's bytes read since the last call
 * @throws StoreError `invalid-bundle` naming the invalid entry, or saying that the archive is cut off or damaged
 */
export async function* archiveFiles(
  path: string,
  compressed: boolean,
  onBytes: (count: number) => void,
): AsyncGenerator<ArchiveFile> {
  const file = await open(path, 'r');
  const end = new EndOfArchive();
  const archive = extract(ANY_FORMAT);
  try {
    const tar = compressed ? gunzip(file, onBytes) : counting(readChunks(file), onBytes);
    const source = Readable.from(end.watch(isTar(tar)), {
      objectMode: false,
      highWaterMark: COPY_CHUNK_BYTES,
    });
    const fed = pipeline(source, asWritable(archive));
    fed.catch(() => undefined); // the loop below throws the same error
    yield* checkedEntries(archive as unknown as AsyncIterable<TarEntry>, end);
    await fed;
    end.check();
  } catch (error) {
    throw damaged(error);
  } finally {
    archive.destroy();
    await file.close();
  }
}

async function* checkedEntries(
  archive: AsyncIterable<TarEntry>,
  end: EndOfArchive,
): AsyncGenerator<ArchiveFile> {
  const seen = new Set<string>();
  let count = 0;
  for await (const entry of archive) {
    const { name, type, size, byteOffset } = entry.header;
    const path = checkedPath(name);
    count += 1;
    if (count > MAX_ARCHIVE_ENTRIES)
      throw badArchive(`the archive has more than ${MAX_ARCHIVE_ENTRIES} entries`);
    if (type === 'directory' || isNoFile(entry.header)) {
      entry.resume();
      end.passed(byteOffset + size);
      continue;
    }
    if (isSparse(entry.header))
      throw badArchive(
        `entry ${JSON.stringify(path)} was written by tar --sparse: pack it again without --sparse`,
      );
    if (type !== 'file' && type !== 'contiguous-file')
      throw badArchive(
        `entry ${JSON.stringify(path)} is ${type ? `a ${type}` : 'of an unknown type (tar --sparse and --multi-volume write such entries: pack it again without them)'}, not a plain file`,
      );
    if (path === '') throw badArchive('an entry has no name');
    if (seen.has(path)) throw badArchive(`entry ${JSON.stringify(path)} appears twice`);
    seen.add(path);
    end.passed(byteOffset + size);
    yield { path, sizeBytes: size, content: entryContent(entry) };
    entry.resume();
  }
}

const INSIDE_GZIP: Readonly<Record<InputKind, string | undefined>> = {
  snap: 'it is a snap that was compressed with gzip: unpack it with gunzip',
  assertions: 'it is an assertion file that was compressed with gzip: unpack it with gunzip',
  'tar.gz': 'it was compressed with gzip twice: unpack it once with gunzip',
  tar: undefined,
};

/** Refuses compressed content that is not a tar, by its first bytes, before tar reports it as damaged. */
async function* isTar(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of chunks) {
    if (head) {
      head = Buffer.concat([head, chunk.subarray(0, KIND_BYTES - head.length)]);
      if (head.length === KIND_BYTES) head = checkedHead(head);
    }
    yield chunk;
  }
  if (head) checkedHead(head);
}

function checkedHead(head: Buffer): undefined {
  const kind = kindOf(head);
  const why = kind === undefined ? nameForeignKind(head) : INSIDE_GZIP[kind];
  // An empty tar contains only zeros.
  if (why !== undefined && !head.every((byte) => byte === 0))
    throw badArchive(kind === undefined ? `its compressed content is not a tar: ${why}` : why);
  return undefined;
}

/**
 * Whether an entry is not a file: a folder that GNU tar writes for `--listed-incremental`, with a list of names as its
 * content, or the label of a volume. tar-stream does not know the letters of these types.
 *
 * @see the manual of GNU tar, "Extensions to the Archive Format": types D and V
 */
function isNoFile({ name, type, size }: Header): boolean {
  return type === null && (name.endsWith('/') || size === 0);
}

/**
 * Whether GNU tar left out the zeros of a file and says so in pax headers. Its older format uses an entry type that
 * tar-stream does not know.
 *
 * @see the manual of GNU tar, "Storing Sparse Files"
 */
function isSparse({ pax }: Header): boolean {
  return Object.keys(pax ?? {}).some((key) => key.startsWith('GNU.sparse.'));
}

/** tar-stream's streams are `streamx` streams: they are writable, but their types do not say so. */
function asWritable(archive: ReturnType<typeof extract>): NodeJS.WritableStream {
  return archive;
}
