import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { StoreError } from '../errors.js';
import type { SignedUrl, StoreScheme } from '../store-url.js';
import { authorityOf } from './authority.js';
import { peerAddress } from './client-address.js';
import { readForwarded } from './forwarded.js';
import type { TrustedProxies } from './trusted-proxies.js';

/** Hosts that a URL in an answer can have: a name, an address, a port. */
const HOST = /^(?:[a-zA-Z0-9](?:[-a-zA-Z0-9._]{0,252})|\[[0-9a-fA-F:.]{2,45}\])(?::\d{1,5})?$/;

/** On the Fastify instance: what is known of the way to this server. Without it, nothing is. */
export const SURROUNDINGS = 'surroundings';

/** How devices come to this server. */
export interface Surroundings {
  /** Whether X-Forwarded-Proto is believed of everybody, where no proxy is named. */
  forwardedProto: boolean;
  /** Who is believed. */
  proxies: TrustedProxies;
  /** The URL in the store assertion, which every device of this store has; undefined before a registration. */
  signed: SignedUrl | undefined;
  /** The host that the HTTPS door sends devices to, in lower case. */
  domain: string;
}

function surroundingsOf(request: FastifyRequest): Surroundings | undefined {
  return (request.server as { [SURROUNDINGS]?: Surroundings })[SURROUNDINGS];
}

/** The scheme that whoever passed a request on says was used, where that is believed. */
export function forwardedScheme(
  { forwardedProto, proxies }: Pick<Surroundings, 'forwardedProto' | 'proxies'>,
  { socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>,
): StoreScheme | undefined {
  if (proxies.has(peerAddress(socket))) return readForwarded(headers).scheme;
  if (!forwardedProto || !proxies.isEmpty) return undefined;
  return readForwarded({ 'x-forwarded-proto': headers['x-forwarded-proto'] }).scheme;
}

/**
 * The scheme by which this device reached the store: the connection's own, or what a trusted proxy says
 * that it was.
 */
export function requestScheme(request: FastifyRequest): StoreScheme {
  const surroundings = surroundingsOf(request);
  return (surroundings && forwardedScheme(surroundings, request.raw)) ?? request.protocol;
}

/** A host with a port that was said apart from it. */
function withPort(host: string, port: number | undefined, scheme: StoreScheme): string {
  const said = authorityOf(host);
  if (!said || said.port !== undefined || port === undefined || port === (scheme === 'https' ? 443 : 80))
    return host.replace(/:$/, '');
  return `${said.name}:${port}`;
}

/** The host that a trusted proxy says was asked. */
function forwardedHost(
  proxies: TrustedProxies,
  { socket, headers }: IncomingMessage,
): { readonly host?: string | undefined; readonly port?: number | undefined } {
  return proxies.has(peerAddress(socket)) ? readForwarded(headers) : {};
}

/**
 * A device of a store that is signed with http, and has a certificate by now, was sent on to HTTPS. There it must stay:
 * when it is sent on again, snapd leaves its session behind.
 */
function isSentToHttps({ signed, domain }: Surroundings, scheme: StoreScheme, host: string): boolean {
  if (scheme !== 'https' || signed?.scheme !== 'http') return false;
  const name = authorityOf(host)?.name.toLowerCase();
  return name === signed.hostname || name === domain;
}

/** What the URLs of an answer begin with. */
export interface Origins {
  /** Of files and assertions. */
  readonly url: string;
  /** Of pictures: snapd from 2.72 on takes them from below the signed URL alone (store/store_download.go). */
  readonly media: string;
}

/**
 * What URLs in an answer begin with: the URL in the store assertion, which leads every device back, whatever a proxy
 * in front has made of `Host`. The host and scheme that the request came by count where there is none, where a trusted
 * proxy names the host, and where HTTPS came later than the registration.
 *
 * @throws StoreError `invalid-request` where the request names no usable host, and one is needed
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

/** What URLs of files and assertions begin with: see {@link requestOrigins}. */
export function requestOrigin(request: FastifyRequest): string {
  return requestOrigins(request).url;
}
