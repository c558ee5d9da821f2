import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { STREAMED_ANSWER_BYTES } from '../limits.js';
import { sendJson } from './json-reply.js';

/** The size of pieces that are joined and written at once, in bytes. */
const CHUNK_BYTES = 64 << 10;

/** The same bytes in pieces of a useful size for writing. */
function* chunksOf(pieces: readonly Buffer[]): Generator<Buffer> {
  let waiting: Buffer[] = [];
  let bytes = 0;
  for (const piece of pieces)
    // A large piece is not written, or copied, as a whole either.
    for (let at = 0; at < piece.length; at += CHUNK_BYTES) {
      const part = piece.subarray(at, at + CHUNK_BYTES);
      waiting.push(part);
      bytes += part.length;
      if (bytes < CHUNK_BYTES) continue;
      yield Buffer.concat(waiting, bytes);
      [waiting, bytes] = [[], 0];
    }
  if (bytes > 0) yield Buffer.concat(waiting, bytes);
}

/**
 * Sends JSON in pieces, many of which are shared with other answers. A large answer is joined only as fast as
 * it is read: for a client that does not read, nothing but the pieces stays in memory.
 */
export function sendPieces(
  reply: FastifyReply,
  pieces: readonly Buffer[],
  mediaType = 'application/json',
): void {
  const sizeBytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  if (sizeBytes <= STREAMED_ANSWER_BYTES) return sendJson(reply, Buffer.concat(pieces, sizeBytes), mediaType);
  void reply
    .header('content-type', mediaType)
    .header('content-length', sizeBytes)
    .send(Readable.from(chunksOf(pieces), { objectMode: false, highWaterMark: CHUNK_BYTES }));
}
