import type { IncomingMessage } from 'node:http';
import { Logger } from '@nestjs/common';
import { peerAddress } from '../common/http/client-address.js';
import { FORWARDING_HEADERS } from '../common/http/forwarded.js';
import type { Surroundings } from '../common/http/request-origin.js';
import { namesHostOf } from '../common/http/store-url.js';
import { MAX_NAMED_STRANGERS } from '../common/limits.js';

/**
 * Warns the operator about each address that looks like a proxy but is not listed. The devices behind it share
 * the limits of one address, and its forwarding headers are not trusted.
 */
export class Strangers {
  private readonly logger = new Logger('Proxies');
  private readonly named = new Set<string>();
  private hasNamedHost = false;

  look(request: IncomingMessage, surroundings: Surroundings | undefined): void {
    if (!surroundings) return;
    this.lookAtHost(request, surroundings);
    if (this.named.size >= MAX_NAMED_STRANGERS) return;
    const { headers, socket } = request;
    const header = FORWARDING_HEADERS.find(
      (name) => headers[name] !== undefined && !isBelieved(name, surroundings),
    );
    if (header === undefined) return;
    const address = peerAddress(socket);
    if (surroundings.proxies.has(address) || this.named.has(address)) return;
    this.named.add(address);
    this.logger.warn(
      `${header} from ${address} is not trusted: if that is a proxy in front of this store, add it to proxy.trusted-proxies (docs/reverse-proxy.md). Reported once for each address`,
    );
  }

  private lookAtHost({ headers: { host } }: IncomingMessage, { signed }: Surroundings): void {
    if (this.hasNamedHost || !signed || !host || namesHostOf(signed, host)) return;
    this.hasNamedHost = true;
    this.logger.warn(
      `a request names the host ${JSON.stringify(host.slice(0, 80))}, but the store's own URL is ${signed.base}, which URLs in answers use. Reported once`,
    );
  }
}

/** As before proxies could be listed: one setting, and every client is trusted. */
function isBelieved(header: string, { forwardedProto, proxies }: Surroundings): boolean {
  return header === 'x-forwarded-proto' && forwardedProto && proxies.isEmpty;
}
