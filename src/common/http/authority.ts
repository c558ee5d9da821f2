import { isIPv6 } from 'node:net';

/** What `Host`, and a URL between its scheme and its path, may say. */
export interface Authority {
  /** As it was written, IPv6 in brackets; may be empty. */
  readonly name: string;
  /** Undefined where there is none, or an empty one: the scheme's own. */
  readonly port: number | undefined;
}

/** RFC 3986, section 3.2.2: a registered name, which an IPv4 address is too. */
const NAME = /^(?:[\w.~!$&'()*+,;=-]|%[0-9a-f]{2})*$/i;
const FUTURE = /^v[0-9a-f]+\.[\w.~!$&'()*+,;=:-]+$/i;
/** A host name has 253 characters at most (RFC 1035); so has what stands for one. */
const MAX_LENGTH = 253;
const MAX_PORT = 65_535;

/**
 * Reads `host[:port]`, as RFC 9110, section 7.2, takes it from RFC 3986. No user, no blank.
 *
 * @returns undefined where it is none
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
