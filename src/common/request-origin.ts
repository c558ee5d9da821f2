import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { peerAddress } from './client-address.js';
import { StoreError } from './errors.js';
import type { TrustedProxies } from './trusted-proxies.js';

/** RFC 9110, section 7.2, as far as hosts of stores go: a name, an address, a port. */
const HOST = /^(?:[a-zA-Z0-9](?:[-a-zA-Z0-9._]{0,252})|\[[0-9a-fA-F:.]{2,45}\])(?::\d{1,5})?$/;

/** On the Fastify instance: whether a proxy in front of it is believed. Without it, none is. */
export const PROXY_TRUST = 'proxyTrust';

export interface ProxyTrust {
  /** Whether X-Forwarded-Proto says which scheme the device used. */
  forwardedProto: boolean;
  /** Who is believed; where there is nobody, X-Forwarded-Proto is believed of everybody. */
  proxies: TrustedProxies;
}

/** Whether X-Forwarded-Proto is believed in this request. */
export function believesProto(
  { forwardedProto, proxies }: ProxyTrust,
  { socket }: Pick<IncomingMessage, 'socket'>,
): boolean {
  return forwardedProto && (proxies.isEmpty || proxies.has(peerAddress(socket)));
}

/** The scheme that X-Forwarded-Proto names. Of several values the last counts, which the nearest proxy wrote. */
export function forwardedScheme(headers: IncomingHttpHeaders): 'http' | 'https' | undefined {
  const said = String(headers['x-forwarded-proto'] ?? '')
    .replace(/^.*,/s, '')
    .trim()
    .toLowerCase();
  return said === 'http' || said === 'https' ? said : undefined;
}

/**
 * The scheme by which this device reached the store: the connection's own, or what a trusted proxy says
 * that it was.
 */
export function requestScheme(request: FastifyRequest): 'http' | 'https' {
  const { [PROXY_TRUST]: trust } = request.server as { [PROXY_TRUST]?: ProxyTrust };
  const said = trust && believesProto(trust, request.raw) ? forwardedScheme(request.headers) : undefined;
  return said ?? request.protocol;
}

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
  return `${requestScheme(request)}://${host}`;
}
