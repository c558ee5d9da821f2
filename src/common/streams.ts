/**
 * Reads a stream into memory, up to a limit. If it is longer, reading stops and the stream is destroyed.
 *
 * @param refuse - makes the error for a longer stream
 * @throws the error that `refuse` makes, and errors of the stream
 */
export async function readBounded(
  source: AsyncIterable<Buffer>,
  maxBytes: number,
  refuse: () => Error,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of source) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) throw refuse();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, sizeBytes);
}
