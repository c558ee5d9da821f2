import { ReadableStream } from 'node:stream/web';
import { setImmediate } from 'node:timers/promises';
import xz from 'xz-decompress';
import { badImage } from './bad-image.js';

/** Largest xz dictionary, in bytes: mksquashfs allows one data block at most. */
export const MAX_XZ_DICTIONARY_BYTES = 1024 * 1024;

const STREAM_HEADER_BYTES = 12;
const LZMA2_FILTER = 0x21;

/**
 * Decompresses one xz stream.
 *
 * @param limitBytes - largest size of the output
 * @throws StoreError `invalid-snap` if the output exceeds the limit or needs a large dictionary; any other
 *   error as the decoder throws it
 */
export async function decompressXz(input: Uint8Array, limitBytes: number): Promise<Buffer> {
  checkDictionary(input);
  const compressed = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(input);
      controller.close();
    },
  });
  const reader = new xz.XzReadableStream(compressed).getReader();
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks, sizeBytes);
    sizeBytes += value.length;
    if (sizeBytes > limitBytes) break;
    chunks.push(value);
  }
  // The decoder works one chunk ahead and does not support cancelling meanwhile: let it finish that chunk.
  await setImmediate();
  await reader.cancel();
  throw badImage('an xz block is too long');
}

/**
 * Refuses a stream whose first block requires a dictionary larger than any squashfs block needs, before the
 * decoder reserves it.
 *
 * @see tukaani-project/xz: doc/xz-file-format.txt, 3.1 Block Header and 5.3.1 LZMA2
 */
function checkDictionary(input: Uint8Array): void {
  const flags = input[STREAM_HEADER_BYTES + 1] ?? 0;
  // Stored sizes would come before the filters. By default mksquashfs writes none, and no filter before LZMA2.
  const filter = STREAM_HEADER_BYTES + 2 + skipSizes(input, STREAM_HEADER_BYTES + 2, flags);
  if ((flags & 3) !== 0 || input[filter] !== LZMA2_FILTER || input[filter + 1] !== 1) {
    throw badImage('an xz block uses an unsupported filter');
  }
  const code = input[filter + 2] ?? 0;
  const dictionaryBytes = (2 | (code & 1)) * 2 ** (Math.floor(code / 2) + 11);
  if (dictionaryBytes > MAX_XZ_DICTIONARY_BYTES)
    throw badImage('an xz block requires too large a dictionary');
}

/**
 * Length in bytes of the sizes that a block header may have before its filters: each ends with a byte below
 * 128.
 */
function skipSizes(input: Uint8Array, start: number, flags: number): number {
  let at = start;
  for (const present of [flags & 0x40, flags & 0x80]) {
    if (present === 0) continue;
    while ((input[at] ?? 0) >= 128) at++;
    at++;
  }
  return at - start;
}
