import type { FastifyReply, FastifyRequest } from 'fastify';

/** The headers with a device's session: snapcore/snapd: store/auth.go, authorization headers of both APIs. */
const SESSION = 'Snap-Device-Authorization, X-Device-Authorization';

/**
 * Tells caches that an answer depends on the client: another device may get a different one. An answer to a
 * session is only for its device. snapd caches none, and a proxy must not.
 *
 * @param others - names of further headers that matter, as `Vary` lists them
 * @param isPrivate - whether it is only for this device; the default is whether a session came with the request
 * @see RFC 9111, section 4.1 (`Vary`) and 5.2.2.7 (`private`)
 */
export function sayWhoseAnswer(
  request: FastifyRequest,
  reply: FastifyReply,
  others?: string,
  isPrivate = request.deviceSession !== null || request.hasBadDeviceSession,
): void {
  void reply.header('vary', others === undefined ? SESSION : `${others}, ${SESSION}`);
  if (isPrivate) void reply.header('cache-control', 'private');
}
