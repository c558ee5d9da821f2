import type { FastifyReply } from 'fastify';

/**
 * Answers JSON under an exact media type. snapd compares the whole `Content-Type`, and Fastify
 * adds a charset to texts and objects; bytes go out as they are.
 *
 * @see snapcore/snapd: store/store.go, jsonContentType
 */
export function sendJson(reply: FastifyReply, body: object | Buffer, mediaType = 'application/json'): void {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  void reply.header('content-type', mediaType).send(bytes);
}
