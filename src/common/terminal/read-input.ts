import { StoreError } from '../errors.js';

/**
 * Reads the whole standard input.
 *
 * @param what - in the words of a refusal: "cannot import settings"
 * @throws StoreError `too-large` beyond `maxBytes`
 */
export async function readInput(
  input: AsyncIterable<Buffer | string>,
  maxBytes: number,
  what: string,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of input) {
    const bytes = Buffer.from(chunk);
    sizeBytes += bytes.length;
    if (sizeBytes > maxBytes)
      throw new StoreError('too-large', `${what}: the standard input is longer than ${maxBytes} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
