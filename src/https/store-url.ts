import { isIPv6 } from 'node:net';
import { unbracketed } from '../settings/server-settings.js';

const DEFAULT_PORT = 443;

/** The URL of the store over TLS, without a path. */
export function storeUrl(domain: string, port: number): string {
  const host = unbracketed(domain);
  return `https://${isIPv6(host) ? `[${host}]` : host}${port === DEFAULT_PORT ? '' : `:${port}`}`;
}
