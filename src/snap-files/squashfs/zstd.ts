import zlib from 'node:zlib';
import { decompress } from 'fzstd';
import { badImage } from './bad-image.js';

/** Largest zstd window, as a power of two in bytes: one data block of 1 MiB. */
const MAX_WINDOW_LOG = 20;
const ZSTD_D_WINDOW_LOG_MAX = 100;
const FRAME_MAGIC = 0xfd2fb528;

type NativeZstd = (
  input: Uint8Array,
  options: { maxOutputLength: number; params: Record<number, number> },
) => Buffer;

/**
 * Decompresses one zstd frame: with Node's own decoder if it has one (22.15 and later), otherwise with fzstd.
 *
 * @param limitBytes - largest size of the output
 * @throws StoreError `invalid-snap` if the frame exceeds the limit; any other error as the decoder throws it
 */
export function decompressZstd(input: Uint8Array, limitBytes: number): Buffer {
  const { zstdDecompressSync } = zlib as { zstdDecompressSync?: NativeZstd };
  if (zstdDecompressSync === undefined) return decompressZstdPortable(input, limitBytes);
  const params = { [ZSTD_D_WINDOW_LOG_MAX]: MAX_WINDOW_LOG };
  return zstdDecompressSync(input, { maxOutputLength: limitBytes, params });
}

/**
 * The same with fzstd. It reserves any window that a frame requests, unless it is given its output buffer. So
 * the frame must contain its content size, as all frames of mksquashfs do.
 */
export function decompressZstdPortable(input: Uint8Array, limitBytes: number): Buffer {
  const sizeBytes = frameContentSize(Buffer.from(input.buffer, input.byteOffset, input.byteLength));
  if (sizeBytes > limitBytes) throw badImage('a zstd block is too long');
  const output = Buffer.alloc(sizeBytes);
  decompress(input, output);
  return output;
}

/**
 * @returns bytes
 * @see facebook/zstd: doc/zstd_compression_format.md, Frame_Header
 */
function frameContentSize(input: Buffer): number {
  if (input.length < 5 || input.readUInt32LE(0) !== FRAME_MAGIC) throw badImage('a zstd block has no frame');
  const descriptor = input.readUInt8(4);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const dictionaryIdBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const at = (isSingleSegment ? 5 : 6) + dictionaryIdBytes;
  const width = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  if (width === 0) throw badImage('a zstd block does not contain its size');
  if (at + width > input.length) throw badImage('a zstd block ends early');
  if (width === 8) return Number(input.readBigUInt64LE(at));
  return input.readUIntLE(at, width) + (width === 2 ? 256 : 0);
}
