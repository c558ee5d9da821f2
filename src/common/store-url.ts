const OWN_PORT = { http: 80, https: 443 } as const;

export type StoreScheme = keyof typeof OWN_PORT;

/**
 * The URL that devices will use, as the store assertion names it for good.
 *
 * @param domain - host name or IP address; one of version 6 with or without brackets
 * @returns scheme and host, and the port where it is not the scheme's own; no slash at the end
 */
export function storeUrl(scheme: StoreScheme, domain: string, port: number): string {
  const host = domain.includes(':') && !domain.startsWith('[') ? `[${domain}]` : domain;
  return `${scheme}://${host.toLowerCase()}${port === OWN_PORT[scheme] ? '' : `:${port}`}`;
}

/** Where a store URL leads: what `storeUrl` was made of. */
export function storeAddress(url: string): { scheme: StoreScheme; domain: string; port: number } {
  const { protocol, hostname, port } = new URL(url);
  const scheme = protocol === 'https:' ? 'https' : 'http';
  return { scheme, domain: hostname, port: port === '' ? OWN_PORT[scheme] : Number(port) };
}
