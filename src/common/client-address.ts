import type { IncomingMessage } from 'node:http';

/** IPv4 addresses come mapped where the server listens on `::`. */
const MAPPED = /^::ffff:(?=\d+\.)/i;

/**
 * The address of whoever asks, as quotas count it.
 *
 * @param request - Node's own request, which a Fastify request has as `raw`
 * @returns the address without a port, IPv4 in its own form; empty where the connection is gone already
 */
export function clientAddress(request: IncomingMessage): string {
  return (request.socket.remoteAddress ?? '').replace(MAPPED, '');
}
