import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { canonicalAddress, type AddressRanges } from './address-ranges.js';
import { readForwarded } from './forwarded.js';

/** The property with the result of {@link noteClientAddress}. */
const ADDRESS = Symbol('client address');

type Noted = IncomingMessage & { [ADDRESS]?: string };

/** Some proxies add the port to an address: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
const WITH_PORT = /^(?:\[([^\]]*)\](?::\d+)?|([\d.]+):\d+)$/;

/** The other end of a connection; empty if it has closed. */
export function peerAddress({ remoteAddress = '' }: Pick<Socket, 'remoteAddress'>): string {
  // Without a colon it is IPv4, which has only one form.
  return remoteAddress.includes(':') ? (canonicalAddress(remoteAddress) ?? remoteAddress) : remoteAddress;
}

/** Goes from the nearest proxy to the furthest, while each is a trusted proxy. */
function forwardedAddress(hops: readonly string[], peer: string, proxies: AddressRanges): string {
  let address = peer;
  for (const hop of hops.toReversed()) {
    const [text, bracketed, plain] = WITH_PORT.exec(hop.trim()) ?? [hop.trim()];
    const said = canonicalAddress(bracketed ?? plain ?? text);
    if (said === undefined) return address;
    address = said;
    if (!proxies.has(address)) return address;
  }
  return address;
}

/**
 * Finds the sender of a request: the other end of the connection or, if that is a trusted proxy, the last
 * address in X-Forwarded-For or Forwarded that is not a trusted proxy. Entries of untrusted senders are
 * ignored.
 *
 * @returns the address, which {@link clientAddress} returns from now on
 */
export function noteClientAddress(request: IncomingMessage, proxies: AddressRanges): string {
  const peer = peerAddress(request.socket);
  const { hops = [] } = proxies.has(peer) ? readForwarded(request.headers) : {};
  const address = forwardedAddress(hops, peer, proxies);
  (request as Noted)[ADDRESS] = address;
  return address;
}

/**
 * The address of the client, as limits count it, also behind a trusted proxy.
 *
 * @param request - Node's own request, or Fastify's, which has it as `raw`
 * @returns the address without a port, IPv4 in its own form; empty if the connection has closed
 */
export function clientAddress(request: IncomingMessage | { readonly raw: IncomingMessage }): string {
  const raw: Noted = 'raw' in request ? request.raw : request;
  return raw[ADDRESS] ?? peerAddress(raw.socket);
}
