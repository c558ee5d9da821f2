import { isIPv6 } from 'node:net';

/** The content of `Host`, and of a URL between its scheme and its path. */
export interface Authority {
  /** As it was sent, IPv6 in brackets; may be empty. */
  readonly name: string;
  /** Undefined if it is missing or empty: the default port of the scheme. */
  readonly port: number | undefined;
}

/** RFC 3986, section 3.2.2: a registered name; this includes IPv4 addresses. */
const NAME = /^(?:[\w.~!$&'()*+,;=-]|%[0-9a-f]{2})*$/i;
const FUTURE = /^v[0-9a-f]+\.[\w.~!$&'()*+,;=:-]+$/i;
/** A host name has at most 253 characters (RFC 1035). */
const MAX_LENGTH = 253;
const MAX_PORT = 65_535;

/**
 * Parses `host[:port]`, which RFC 9110, section 7.2, takes from RFC 3986. Users and spaces are refused.
 *
 * @returns undefined if it is invalid
 */
export function authorityOf(text: string): Authority | undefined {
  const [, literal, name = '', digits = ''] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d*))?$/.exec(text) ?? [
    '',
    '',
    ' ',
  ];
  const isHost =
    literal === undefined
      ? name.length <= MAX_LENGTH && NAME.test(name)
      : (isIPv6(literal) && !literal.includes('%')) || FUTURE.test(literal);
  const port = digits === '' ? undefined : Number(digits);
  if (!isHost || (port !== undefined && port > MAX_PORT)) return undefined;
  return { name: literal === undefined ? name : `[${literal}]`, port };
}
