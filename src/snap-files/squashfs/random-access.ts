import { badImage } from './bad-image.js';

/** A file that is read in ranges, so that an image of gigabytes is never held in memory. */
export interface RandomAccess {
  readonly sizeBytes: number;
  /** Reads `length` bytes at `offset`; fewer only at the end. */
  read(offset: number, length: number): Promise<Buffer>;
}

/**
 * Reads exactly `length` bytes at `offset`.
 *
 * @throws StoreError `invalid-snap` if the file ends before
 */
export async function readExactly(file: RandomAccess, offset: number, length: number): Promise<Buffer> {
  if (offset + length > file.sizeBytes) throw badImage('it is truncated');
  const bytes = await file.read(offset, length);
  if (bytes.length !== length) throw badImage('it is truncated');
  return bytes;
}
