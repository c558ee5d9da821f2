import { StoreError } from '../../common/errors.js';
import type { ArchiveFile } from '../tar-entries.js';

/** Reads a file of an archive into memory. @throws StoreError `too-large` past the limit */
export async function readSmall(file: ArchiveFile, limitBytes: number): Promise<Buffer> {
  if (file.sizeBytes > limitBytes)
    throw new StoreError('too-large', `${file.path} is longer than ${limitBytes} bytes`);
  const chunks: Buffer[] = [];
  for await (const chunk of file.content) chunks.push(chunk);
  return Buffer.concat(chunks);
}
