import type { FastifyReply, FastifyRequest } from 'fastify';

/** How a device sends its session along: snapcore/snapd: store/auth.go, authorization headers of both APIs. */
const SESSION = 'Snap-Device-Authorization, X-Device-Authorization';

/**
 * Says to caches that an answer depends on who asks: another device may get another one. An answer to a session
 * is for its device alone; snapd keeps none, and a proxy in between must not.
 *
 * @param others - names of further headers that decide, as `Vary` lists them
 * @param isPrivate - whether it is for this device alone; without it, where a session came with the request
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
