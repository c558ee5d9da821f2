import { KIND_BYTES } from '../../common/files/foreign-kind.js';
import type { ArchiveFile } from '../tar-entries.js';

/** A file whose first bytes were read. */
interface PeekedFile {
  /** Up to {@link KIND_BYTES} bytes. */
  readonly head: Buffer;
  /** The same file from its start. */
  readonly whole: ArchiveFile;
}

/** Reads the first bytes of a file. The rest of `whole` must be drained, or the archive cannot continue. */
export async function peek(file: ArchiveFile): Promise<PeekedFile> {
  const chunks = file.content[Symbol.asyncIterator]();
  const first = await chunks.next();
  const head = first.done === true ? Buffer.alloc(0) : Buffer.from(first.value.subarray(0, KIND_BYTES));
  async function* fromStart(): AsyncGenerator<Buffer> {
    if (first.done === true) return;
    yield first.value;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
  }
  return { head, whole: { path: file.path, sizeBytes: file.sizeBytes, content: fromStart() } };
}

/** Reads and discards the rest of a file. */
export async function drain({ content }: ArchiveFile): Promise<void> {
  for await (const _ of content);
}
