import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { StoreError } from '../errors.js';
import type { AddressRanges } from './address-ranges.js';
import { authorityOf } from './authority.js';
import { peerAddress } from './client-address.js';
import { readForwarded } from './forwarded.js';
import type { SignedUrl, StoreScheme } from './store-url.js';

/** Hosts that a URL in an answer can contain: a name, an address, a port. */
const HOST = /^(?:[a-zA-Z0-9](?:[-a-zA-Z0-9._]{0,252})|\[[0-9a-fA-F:.]{2,45}\])(?::\d{1,5})?$/;

/** On the Fastify instance: how devices reach this server. Without it, nothing is known. */
export const SURROUNDINGS = 'surroundings';

/** How devices reach this server. */
export interface Surroundings {
  /** Whether X-Forwarded-Proto is trusted from every client, if no proxy is listed. */
  forwardedProto: boolean;
  /** The trusted proxies. */
  proxies: AddressRanges;
  /** The URL in the store assertion, which every device of this store knows; undefined before registration. */
  signed: SignedUrl | undefined;
  /** The host to which HTTP redirects devices for HTTPS, in lower case. */
  domain: string;
}

function surroundingsOf(request: FastifyRequest): Surroundings | undefined {
  return (request.server as { [SURROUNDINGS]?: Surroundings })[SURROUNDINGS];
}

/** The scheme that a proxy reports, if it is trusted. */
export function forwardedScheme(
  { forwardedProto, proxies }: Pick<Surroundings, 'forwardedProto' | 'proxies'>,
  { socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>,
): StoreScheme | undefined {
  if (proxies.has(peerAddress(socket))) return readForwarded(headers).scheme;
  if (!forwardedProto || !proxies.isEmpty) return undefined;
  return readForwarded({ 'x-forwarded-proto': headers['x-forwarded-proto'] }).scheme;
}

/**
 * The scheme by which this device reached the store: the connection's own, or the one that a trusted proxy
 * reports.
 */
export function requestScheme(request: FastifyRequest): StoreScheme {
  const surroundings = surroundingsOf(request);
  return (surroundings && forwardedScheme(surroundings, request.raw)) ?? request.protocol;
}

/** A host with a port that was sent separately. */
function withPort(host: string, port: number | undefined, scheme: StoreScheme): string {
  const said = authorityOf(host);
  if (!said || said.port !== undefined || port === undefined || port === (scheme === 'https' ? 443 : 80))
    return host.replace(/:$/, '');
  return `${said.name}:${port}`;
}

/** The requested host that a trusted proxy reports. */
function forwardedHost(
  proxies: AddressRanges,
  { socket, headers }: IncomingMessage,
): { readonly host?: string | undefined; readonly port?: number | undefined } {
  return proxies.has(peerAddress(socket)) ? readForwarded(headers) : {};
}

/**
 * A device of a store that is signed with http, and now has a certificate, was redirected to HTTPS. It must
 * stay there: at another redirect, snapd drops its session.
 */
function isSentToHttps({ signed, domain }: Surroundings, scheme: StoreScheme, host: string): boolean {
  if (scheme !== 'https' || signed?.scheme !== 'http') return false;
  const name = authorityOf(host)?.name.toLowerCase();
  return name === signed.hostname || name === domain;
}

/** The start of the URLs of an answer. */
export interface Origins {
  /** Of files and assertions. */
  readonly url: string;
  /** Of pictures: from 2.72 on, snapd accepts them only below the signed URL (store/store_download.go). */
  readonly media: string;
}

/**
 * The start of URLs in an answer. It is the URL in the store assertion, which works for every device, however a
 * proxy in front changed `Host`. The host and scheme of the request are used if there is no such URL, if a
 * trusted proxy names the host, or if HTTPS was added after the registration.
 *
 * @throws StoreError `invalid-request` if the request names no valid host, and one is needed
 */
export function requestOrigins(request: FastifyRequest): Origins {
  const { raw, headers } = request;
  const surroundings = surroundingsOf(request);
  const signed = surroundings?.signed;
  const scheme = requestScheme(request);
  const said = surroundings ? forwardedHost(surroundings.proxies, raw) : {};
  const host = withPort(said.host ?? headers.host ?? '', said.port, scheme);
  if (signed && said.host === undefined && !(surroundings && isSentToHttps(surroundings, scheme, host)))
    return { url: signed.base, media: signed.base };
  if (!HOST.test(host))
    throw new StoreError(
      'invalid-request',
      `cannot answer for host ${JSON.stringify(host.slice(0, 80))}: it is not a host name`,
    );
  const url = `${scheme}://${host}${signed?.path ?? ''}`;
  return { url, media: signed?.base ?? url };
}

/** The start of URLs of files and assertions: see {@link requestOrigins}. */
export function requestOrigin(request: FastifyRequest): string {
  return requestOrigins(request).url;
}
