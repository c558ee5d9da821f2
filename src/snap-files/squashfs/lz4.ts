import { badImage } from './bad-image.js';
import { copyMatch } from './copy-match.js';

const MIN_MATCH_BYTES = 4;

/**
 * Decompresses one LZ4 block (without a frame).
 *
 * @param limitBytes - largest size of the output
 * @returns the output, cut to its length
 * @throws StoreError `invalid-snap` if the input ends early, copies from before the output or exceeds the limit
 * @see lz4/lz4: doc/lz4_Block_format.md
 */
export function decompressLz4(input: Uint8Array, limitBytes: number): Buffer {
  const output = Buffer.alloc(limitBytes);
  let from = 0;
  let to = 0;

  const next = (): number => {
    const byte = input[from++];
    if (byte === undefined) throw badImage('an lz4 block ends early');
    return byte;
  };
  // A half byte of 15 continues in further bytes, up to the first that is not 255.
  const extend = (length: number): number => {
    if (length < 15) return length;
    for (;;) {
      const byte = next();
      length += byte;
      if (byte !== 255) return length;
    }
  };

  for (;;) {
    const token = next();
    const literals = extend(token >> 4);
    if (from + literals > input.length) throw badImage('an lz4 block ends early');
    if (to + literals > limitBytes) throw badImage('an lz4 block is too long');
    output.set(input.subarray(from, from + literals), to);
    from += literals;
    to += literals;
    if (from === input.length) return output.subarray(0, to);

    const distance = next() | (next() << 8);
    const length = extend(token & 15) + MIN_MATCH_BYTES;
    if (distance === 0 || distance > to) throw badImage('an lz4 block copies from before its start');
    if (to + length > limitBytes) throw badImage('an lz4 block is too long');
    copyMatch(output, to, distance, length);
    to += length;
  }
}
