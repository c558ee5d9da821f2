import type { Assertion, HeaderMap } from '../assertion.js';
import {
  HeaderError,
  isList,
  isMap,
  readNonEmptyText,
  readOptionalMap,
  readOptionalTime,
  readText,
  readTime,
} from '../header-checks.js';
import { decodePublicKey } from '../keys.js';
import { quote } from '../quote.js';
import { checkAttributeConstraints } from './attribute-constraints.js';
import { isDashedName } from './patterns.js';

/** The characters of a regular expression, which a type may not contain. snapcore/snapd: checkAKConstraints */
const EXPRESSION_CHARACTER = /[\\.+*?()|[\]{}^$]/;

function checkName(headers: HeaderMap): void {
  const name = readNonEmptyText(headers, 'name');
  if (!isDashedName(name)) throw new HeaderError(`header "name" is malformed: ${quote(name)}`);
}

/**
 * snapcore/snapd: asserts/account_key.go, checkSinceUntilWhat: `until` may equal `since`; such a key is never
 * valid
 */
function checkLife(headers: HeaderMap): void {
  const since = readTime(headers, 'since');
  const until = readOptionalTime(headers, 'until');
  if (until && until < since) throw new HeaderError('header "until" is before "since"');
}

function checkKeyId({ headers, body }: Assertion): void {
  if (decodePublicKey(body).id !== readNonEmptyText(headers, 'public-key-sha3-384'))
    throw new HeaderError('header "public-key-sha3-384" is not the id of the key in the body');
}

/** snapcore/snapd: asserts/account_key.go, checkAKConstraints */
function checkConstraints({ constraints }: HeaderMap): void {
  if (constraints === undefined) return;
  if (!isList(constraints)) throw new HeaderError('header "constraints" is not a list of maps');
  for (const entry of constraints) {
    if (!isMap(entry)) throw new HeaderError('header "constraints" is not a list of maps');
    const constrained = readOptionalMap(entry, 'headers', 'constraint');
    if (!constrained) throw new HeaderError('a constraint has no "headers"');
    const type = readText(constrained, 'type', 'constraint');
    if (EXPRESSION_CHARACTER.test(type))
      throw new HeaderError(`"type" of constraint is not a literal string: ${quote(type)}`);
    checkAttributeConstraints(constrained, 'constraint', { operations: [], references: [] });
  }
}

/**
 * The name may be missing: the oldest keys have none.
 *
 * @see snapcore/snapd: asserts/account_key.go, assembleAccountKey
 */
export function checkAccountKey(assertion: Assertion): void {
  const { headers } = assertion;
  readNonEmptyText(headers, 'account-id');
  if (headers['name'] !== undefined) checkName(headers);
  checkLife(headers);
  checkKeyId(assertion);
  checkConstraints(headers);
}

/** @see snapcore/snapd: asserts/account_key.go, assembleAccountKeyRequest */
export function checkAccountKeyRequest(assertion: Assertion): void {
  readNonEmptyText(assertion.headers, 'account-id');
  checkName(assertion.headers);
  checkLife(assertion.headers);
  checkKeyId(assertion);
}
