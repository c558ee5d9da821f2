import type { Assertion, HeaderMap } from '../assertion.js';
import {
  HeaderError,
  parseNumber,
  readMatching,
  readNonEmptyText,
  readOptionalBoolean,
  readOptionalText,
  readTexts,
  readTime,
} from '../header-checks.js';
import { quote } from '../quote.js';

const USERNAME = /^[a-z0-9][-a-z0-9._]*$/;
/** crypt(3): salt and hash. */
const CRYPT_TEXT = /^[a-zA-Z0-9./]+$/;
const ROUNDS = { min: 5_000, max: 999_999_999 };
/** crypt(3): SHA-512. Smaller ids are weaker. */
const MIN_CRYPT_ID = 6;

/** RFC 5322, section 3.2.3, with non-ASCII characters (RFC 6532). */
const ATEXT = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\u0080-\\u{10ffff}-]";
const DOT_ATOM = `${ATEXT}+(?:\\.${ATEXT}+)*`;
const QUOTED = '"(?:[^"\\\\\\p{Cc}]|\\\\[^\\p{Cc}])*"';
const ADDR_SPEC = `(?:${DOT_ATOM}|${QUOTED})@${DOT_ATOM}`;
/** Dots between a name's atoms are allowed, which RFC 5322 calls obsolete. */
const NAME = `(?:[. \\t]|${ATEXT}|${QUOTED})*`;
/** One address, with or without a name before it, without comments and groups. */
const ADDRESS = new RegExp(`^(?:${NAME}<${ADDR_SPEC}>|${ADDR_SPEC})$`, 'u');

/**
 * `$id$salt$hash` or `$id$rounds=N$salt$hash`. snapd ignores any other value in place of the rounds.
 *
 * @see snapcore/snapd: asserts/system_user.go, checkHashedPassword
 */
function checkPassword(password: string): void {
  const [, id = '', ...rest] = password.split('$');
  const [salt, hash] = rest.slice(-2);
  const rounds = rest.length === 3 ? rest[0] : undefined;
  const isShort = rest.length === 2 && salt?.startsWith('rounds=') === true;
  if (salt === undefined || hash === undefined || rest.length > 3 || isShort)
    throw new HeaderError('header "password" is not of the form "$id$salt$hash"');
  parseNumber(id, 'the id of header "password"', MIN_CRYPT_ID);
  if (rounds?.startsWith('rounds=') === true)
    parseNumber(rounds.slice('rounds='.length), 'the rounds of header "password"', ROUNDS.min, ROUNDS.max);
  if (!CRYPT_TEXT.test(salt) || !CRYPT_TEXT.test(hash))
    throw new HeaderError('header "password" has invalid characters in salt or hash');
}

/** @returns whether there is one */
function checkOptionalPassword(headers: HeaderMap): boolean {
  const password = readOptionalText(headers, 'password');
  if (password !== '') checkPassword(password);
  return password !== '';
}

function checkDevices({ headers, format }: Assertion): void {
  readTexts(headers, 'series');
  const models = readTexts(headers, 'models');
  const hasSerials = readTexts(headers, 'serials').length > 0;
  if (hasSerials && format < 1) throw new HeaderError('header "serials" requires format 1 or later');
  if (hasSerials && models.length !== 1)
    throw new HeaderError('header "models" must have exactly one model if there are "serials"');
}

/** A user for all models is valid for at most one year. */
function checkLife({ headers, format }: Assertion): void {
  const since = readTime(headers, 'since');
  const until = readTime(headers, 'until');
  if (until < since) throw new HeaderError('header "until" is before "since"');
  const inAYear = new Date(since);
  inAYear.setUTCFullYear(since.getUTCFullYear() + 1);
  if (headers['models'] === undefined && until > inAYear)
    throw new HeaderError('header "until" must be at most a year after "since" if no models are named');
  const presence = readOptionalText(headers, 'user-presence');
  if (presence !== '' && format < 2)
    throw new HeaderError('header "user-presence" requires format 2 or later');
  if (presence !== '' && presence !== 'until-expiration')
    throw new HeaderError(`header "user-presence" is not until-expiration: ${quote(presence)}`);
}

/** @see snapcore/snapd: asserts/system_user.go, assembleSystemUser */
export function checkSystemUser(assertion: Assertion): void {
  const { headers } = assertion;
  const email = readNonEmptyText(headers, 'email');
  // Go ignores whitespace around an address.
  if (!ADDRESS.test(email.trim())) throw new HeaderError(`header "email" is not an address: ${quote(email)}`);
  checkDevices(assertion);
  readOptionalText(headers, 'name');
  readMatching(headers, 'username', USERNAME);
  const hasPassword = checkOptionalPassword(headers);
  if (readOptionalBoolean(headers, 'force-password-change') && !hasPassword)
    throw new HeaderError('header "force-password-change" is true, but there is no password');
  readTexts(headers, 'ssh-keys');
  checkLife(assertion);
}
