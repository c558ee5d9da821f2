import type { FastifyReply } from 'fastify';

/**
 * Sends JSON with an exact media type. snapd compares the whole `Content-Type`, but Fastify adds a charset to
 * strings and objects. Bytes are sent unchanged.
 *
 * @see snapcore/snapd: store/store.go, jsonContentType
 */
export function sendJson(reply: FastifyReply, body: object | Buffer, mediaType = 'application/json'): void {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  void reply.header('content-type', mediaType).send(bytes);
}
