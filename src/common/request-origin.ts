import type { FastifyRequest } from 'fastify';
import { StoreError } from './errors.js';

/** RFC 9110, section 7.2, as far as hosts of stores go: a name, an address, a port. */
const HOST = /^(?:[a-zA-Z0-9](?:[-a-zA-Z0-9._]{0,252})|\[[0-9a-fA-F:.]{2,45}\])(?::\d{1,5})?$/;

/**
 * The scheme and host by which this device reached the store. URLs in answers start with it, so
 * that they lead back the same way.
 *
 * @throws StoreError `invalid-request` where the request names no usable host
 */
export function requestOrigin(request: FastifyRequest): string {
  const host = request.headers.host ?? '';
  if (!HOST.test(host))
    throw new StoreError(
      'invalid-request',
      `cannot answer for host ${JSON.stringify(host.slice(0, 80))}: it is not a host name`,
    );
  return `${request.protocol}://${host}`;
}
