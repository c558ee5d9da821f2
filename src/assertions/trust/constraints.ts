import type { Assertion, HeaderMap, HeaderValue } from '../format/assertion.js';

function isMap(value: HeaderValue | undefined): value is HeaderMap {
  return typeof value === 'object' && !Array.isArray(value);
}

function isList(value: HeaderValue | undefined): value is readonly HeaderValue[] {
  return Array.isArray(value);
}

/** The whole value must match, as in snapd, whose expressions are anchored. */
function matchesText(pattern: string, value: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`, 'u').test(value);
  } catch {
    return false; // an expression that is only RE2's: the key is not believed rather than believed too far
  }
}

/** A list in the constraint is a choice; of a list in the assertion every element must match. */
function matches(constraint: HeaderValue, value: HeaderValue | undefined): boolean {
  if (value === undefined) return false;
  if (isList(constraint)) return constraint.some((choice) => matches(choice, value));
  if (isList(value)) return value.every((element) => matches(constraint, element));
  if (isMap(constraint))
    return isMap(value) && Object.entries(constraint).every(([name, inner]) => matches(inner, value[name]));
  return typeof value === 'string' && typeof constraint === 'string' && matchesText(constraint, value);
}

/**
 * Whether an account-key's constraints let it sign an assertion. Without constraints it may sign anything.
 *
 * @see snapcore/snapd: asserts/account_key.go, canSign
 */
export function keyMaySign(accountKey: Assertion, assertion: Assertion): boolean {
  const { constraints } = accountKey.headers;
  if (constraints === undefined) return true;
  if (!isList(constraints)) return false;
  return constraints.some((entry) => {
    if (!isMap(entry) || !isMap(entry['headers'])) return false;
    const { type, ...others } = entry['headers'];
    return (
      type === assertion.type.name &&
      Object.entries(others).every(([name, constraint]) => matches(constraint, assertion.headers[name]))
    );
  });
}
