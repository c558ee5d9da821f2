import { inflateSync } from 'node:zlib';
import { StoreError } from '../../common/errors.js';
import { badImage } from './bad-image.js';
import { decompressLz4 } from './lz4.js';
import { decompressLzo } from './lzo.js';
import { decompressXz } from './xz.js';
import { decompressZstd } from './zstd.js';

/** A compression format. An image uses only one. */
export type Compressor = 'gzip' | 'lzo' | 'xz' | 'lz4' | 'zstd';

/** The superblock's numbers of the supported compressors. 2, lzma, was never used for snaps. */
export const COMPRESSOR_IDS: ReadonlyMap<number, Compressor> = new Map([
  [1, 'gzip'],
  [3, 'lzo'],
  [4, 'xz'],
  [5, 'lz4'],
  [6, 'zstd'],
]);

const DECODERS: Record<Compressor, (input: Uint8Array, limitBytes: number) => Buffer | Promise<Buffer>> = {
  gzip: (input, limitBytes) => inflateSync(input, { maxOutputLength: limitBytes }),
  lzo: decompressLzo,
  xz: decompressXz,
  lz4: decompressLz4,
  zstd: decompressZstd,
};

/**
 * Decompresses one block of an image.
 *
 * @param limitBytes - largest decompressed size of the block
 * @throws StoreError `invalid-snap` on every error in the block
 */
export async function decompressBlock(
  compressor: Compressor,
  input: Uint8Array,
  limitBytes: number,
): Promise<Buffer> {
  try {
    return await DECODERS[compressor](input, limitBytes);
  } catch (error) {
    // Decoders fail in many ways on hostile bytes (zlib codes, range errors, traps). All have the same meaning
    // here.
    if (error instanceof StoreError) throw error;
    throw badImage(`a ${compressor} block cannot be decompressed`, { cause: error });
  }
}
