import type { Assertion, HeaderMap, HeaderValue } from '../format/assertion.js';
import { isList, isMap } from '../format/header-checks.js';

/** Punctuation that RE2 allows to be escaped anywhere, but JavaScript's `u` flag only if it has a meaning. */
const ESCAPED_PUNCTUATION = /\\(?:([!"#%&',:;<=>@`~_ -])|.)/gsu;

function toHexEscape(match: string, punctuation: string | undefined): string {
  if (punctuation === undefined) return match;
  return `\\x${punctuation.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

/** The whole value must match, because snapd anchors the expressions. */
function matchesText(pattern: string, value: string): boolean {
  try {
    return new RegExp(`^(?:${pattern.replaceAll(ESCAPED_PUNCTUATION, toHexEscape)})$`, 'u').test(value);
  } catch {
    return false; // an expression that only RE2 accepts: the key is refused rather than trusted too far
  }
}

/** Only a constraint directly under a name can require the value to be missing. */
function matchesEntry(constraint: HeaderValue, value: HeaderValue | undefined): boolean {
  if (constraint === '$MISSING') return value === undefined;
  return value !== undefined && matches(constraint, value);
}

/** Every element of a list in the assertion must match. A list in the constraint is a choice. */
function matches(constraint: HeaderValue, value: HeaderValue): boolean {
  if (isList(value)) return value.every((element) => matches(constraint, element));
  if (isList(constraint)) return constraint.some((choice) => matches(choice, value));
  if (isMap(constraint)) return isMap(value) && matchesMap(constraint, value);
  return typeof value === 'string' && constraint !== '$MISSING' && matchesText(constraint, value);
}

function matchesMap(constraints: HeaderMap, map: HeaderMap): boolean {
  return Object.entries(constraints).every(([name, constraint]) => matchesEntry(constraint, map[name]));
}

/** With the defaults of missing primary-key values, which snapd fills in first. */
function headersOf({ type, headers, primaryKey }: Assertion): HeaderMap {
  const key = type.primaryKey.map((name, index) => [name, primaryKey[index] ?? '']);
  return { ...headers, ...Object.fromEntries(key) } as HeaderMap;
}

/**
 * Whether an account-key's constraints allow it to sign an assertion. Without constraints it may sign anything;
 * otherwise one of the entries must match.
 *
 * @see snapcore/snapd: asserts/account_key.go, canSign; asserts/constraint.go, the match methods
 */
export function keyMaySign(accountKey: Assertion, assertion: Assertion): boolean {
  const { constraints } = accountKey.headers;
  if (constraints === undefined) return true;
  const headers = headersOf(assertion);
  return (
    isList(constraints) &&
    constraints.some(
      (entry) => isMap(entry) && isMap(entry['headers']) && matchesMap(entry['headers'], headers),
    )
  );
}
