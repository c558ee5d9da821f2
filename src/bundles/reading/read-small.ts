import { StoreError } from '../../common/errors.js';
import { readBounded } from '../../common/streams.js';
import type { ArchiveFile } from '../tar-entries.js';

/** Reads a file of an archive into memory. @throws StoreError `too-large` past the limit */
export async function readSmall(file: ArchiveFile, limitBytes: number): Promise<Buffer> {
  const refuse = () => new StoreError('too-large', `${file.path} is longer than ${limitBytes} bytes`);
  // In an archive, the size is known in advance.
  if (file.sizeBytes > limitBytes) throw refuse();
  return await readBounded(file.content, limitBytes, refuse);
}
