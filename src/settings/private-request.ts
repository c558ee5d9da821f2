import type { FastifyRequest } from 'fastify';
import { FORWARDING_HEADERS } from '../common/http/forwarded.js';
import { requestScheme } from '../common/http/request-origin.js';

/**
 * IPv4 addresses are mapped to IPv6 if the server listens on `::`. RFC 1122, section 3.2.1.3; RFC 4291, section
 * 2.5.3.
 */
const LOOPBACK = /^(?:(?:::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1)$/i;

/** Headers by which a proxy on this machine shows that the request comes from elsewhere. */
const PROXY_HEADERS = [...FORWARDING_HEADERS, 'via'];

/**
 * Whether nobody on a network can have read this request: it came over TLS to this server or to a proxy that it
 * trusts, or from a program on this machine.
 */
export function isPrivate(request: FastifyRequest): boolean {
  if (requestScheme(request) === 'https') return true;
  const isPassedOn = PROXY_HEADERS.some((name) => request.headers[name] !== undefined);
  return !isPassedOn && LOOPBACK.test(request.raw.socket.remoteAddress ?? '');
}
