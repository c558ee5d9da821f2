import { authorityOf } from './authority.js';

const OWN_PORT = { http: 80, https: 443 } as const;

export type StoreScheme = keyof typeof OWN_PORT;

/**
 * The URL that devices will use, as the store assertion permanently states it.
 *
 * @param domain - host name or IP address; IPv6 with or without brackets
 * @returns scheme and host, and the port if it is not the scheme's default; no slash at the end
 */
export function storeUrl(scheme: StoreScheme, domain: string, port: number): string {
  const host = domain.includes(':') && !domain.startsWith('[') ? `[${domain}]` : domain;
  return `${scheme}://${host.toLowerCase()}${port === OWN_PORT[scheme] ? '' : `:${port}`}`;
}

/** The address in a store URL: the inverse of `storeUrl`. */
export function storeAddress(url: string): { scheme: StoreScheme; domain: string; port: number } {
  const { protocol, hostname, port } = new URL(url);
  const scheme = protocol === 'https:' ? 'https' : 'http';
  return { scheme, domain: hostname, port: port === '' ? OWN_PORT[scheme] : Number(port) };
}

/** The URL of a store assertion, in the parts that answers need. */
export interface SignedUrl {
  readonly scheme: StoreScheme;
  /** In lower case, IPv6 in brackets. */
  readonly hostname: string;
  readonly port: number;
  /**
   * The prefix of paths. Exactly as signed except for one slash at the end: snapd accepts pictures only below
   * the signed string (store/store_download.go, DownloadIcon).
   */
  readonly base: string;
  /** The path of the base, which a device puts before every other; empty if there is none. */
  readonly path: string;
  /** The same in segments, decoded. */
  readonly segments: readonly string[];
}

/** @param url - of a store assertion, or a replacement */
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
 * Whether `Host` matches a URL, with or without the scheme's default port.
 *
 * @param host - as in a request
 */
export function namesHostOf({ hostname, port, scheme }: SignedUrl, host: string): boolean {
  const said = authorityOf(host);
  return said?.name.toLowerCase() === hostname && (said.port ?? OWN_PORT[scheme]) === port;
}

/**
 * Normalizes a URL for registration: http or https, a host, a port if it is not the default, and a path if the
 * store is below one. A path must end with a slash: otherwise snapd treats its last part as a file when it
 * requests a serial, and removes it.
 *
 * @returns its normal form; undefined if it contains anything else
 * @see snapcore/snapd: overlord/devicestate/handlers_serial.go, setURLs
 */
export function plainStoreUrl(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text) || /[?#]/.test(text) || !URL.canParse(text)) return undefined;
  const { origin, pathname, username, password } = new URL(text);
  if (username !== '' || password !== '') return undefined;
  const path = pathname.replace(/\/+$/, '');
  return path === '' ? origin : `${origin}${path}/`;
}

/** Whether devices that request a serial use another URL: see {@link plainStoreUrl}. */
export function losesPath(url: string): boolean {
  const signed = readSignedUrl(url);
  return signed !== undefined && signed.path !== '' && signed.path === new URL(url).pathname;
}
