import { authorityOf } from './http/authority.js';

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

/** The URL that a store assertion names, in the parts that answers need. */
export interface SignedUrl {
  readonly scheme: StoreScheme;
  /** In lower case, IPv6 in brackets. */
  readonly hostname: string;
  readonly port: number;
  /**
   * What paths are put behind. Text for text as signed but for one slash at the end: snapd takes pictures from below
   * the signed text alone (store/store_download.go, DownloadIcon).
   */
  readonly base: string;
  /** The path of the base, which a device puts before every other; empty where there is none. */
  readonly path: string;
  /** The same in segments, decoded. */
  readonly segments: readonly string[];
}

/** @param url - of a store assertion, or what stands for one */
export function readSignedUrl(url: string): SignedUrl | undefined {
  const [, scheme = '', rest = '', path = ''] = /^(https?)(:\/\/[^/?#]+)(\/[^?#]*)?/i.exec(url) ?? [];
  if (scheme === '' || !URL.canParse(url)) return undefined;
  const address = storeAddress(url);
  const shortened = path.replace(/\/$/, '');
  return {
    scheme: address.scheme,
    hostname: address.domain,
    port: address.port,
    base: scheme.toLowerCase() + rest + shortened,
    path: shortened,
    segments: segmentsOf(path),
  };
}

function segmentsOf(path: string): string[] {
  return path
    .split('/')
    .filter((segment) => segment !== '')
    .map((segment) => {
      try {
        return decodeURIComponent(segment);
      } catch {
        return segment;
      }
    });
}

/**
 * Whether `Host` says what a URL does, the scheme's own port written or not.
 *
 * @param host - as a request names it
 */
export function namesHostOf({ hostname, port, scheme }: SignedUrl, host: string): boolean {
  const said = authorityOf(host);
  return said?.name.toLowerCase() === hostname && (said.port ?? OWN_PORT[scheme]) === port;
}

/**
 * A URL as a store can be registered with it: http or https, a host, a port where it is not the scheme's own, and a path
 * where the store lies below one. A path ends with a slash: snapd takes the last part of one that does not for a file
 * when it asks for a serial, and leaves it out.
 *
 * @returns it in the one way that is written; undefined where it has anything else
 * @see snapcore/snapd: overlord/devicestate/handlers_serial.go, setURLs
 */
export function plainStoreUrl(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text) || /[?#]/.test(text) || !URL.canParse(text)) return undefined;
  const { origin, pathname, username, password } = new URL(text);
  if (username !== '' || password !== '') return undefined;
  const path = pathname.replace(/\/+$/, '');
  return path === '' ? origin : `${origin}${path}/`;
}

/** Whether devices that ask for a serial look elsewhere: see {@link plainStoreUrl}. */
export function losesPath(url: string): boolean {
  const signed = readSignedUrl(url);
  return signed !== undefined && signed.path !== '' && signed.path === new URL(url).pathname;
}
