import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { STREAMED_ANSWER_BYTES } from '../limits.js';
import { sendJson } from './json-reply.js';

/** What is put together and written at once. */
const CHUNK_BYTES = 64 << 10;

/** The same bytes in pieces that are worth a write each. */
function* chunksOf(pieces: readonly Buffer[]): Generator<Buffer> {
  let waiting: Buffer[] = [];
  let bytes = 0;
  for (const piece of pieces)
    // Nor is a large piece written, or copied, as a whole.
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
 * Answers JSON that is there in pieces, many of them shared with other answers. A large one is put
 * together only as fast as it is read: of a reader that does not read, nothing is held but the pieces.
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
