import type { Assertion } from '../format/assertion.js';
import { parseTime } from '../format/header-checks.js';
import { headerText } from '../format/header-text.js';

/** The types whose timestamp is held against the life of the key that signs them. */
const TIMESTAMPED = new Set([
  'account',
  'base-declaration',
  'snap-declaration',
  'snap-build',
  'snap-revision',
  'store',
  'validation',
  'model',
  'serial',
  'validation-set',
  'repair',
  'preseed',
  'snap-resource-revision',
  'snap-resource-pair',
]);

/**
 * Whether a key is valid: `since` is within its life, `until` is not.
 *
 * @see snapcore/snapd: asserts/account_key.go, isValidAt
 */
export function isKeyValidAt(accountKey: Assertion, time: Date): boolean {
  const since = parseTime(headerText(accountKey, 'since'));
  const until = parseTime(headerText(accountKey, 'until'));
  return since !== undefined && time >= since && (until === undefined || time < until);
}

/**
 * Whether an assertion is dated within the life of the key that signs it.
 *
 * @see snapcore/snapd: asserts/database.go, CheckTimestampVsSigningKeyValidity: the types with a Timestamp method
 */
export function isDatedWithinKey(accountKey: Assertion, assertion: Assertion): boolean {
  if (!TIMESTAMPED.has(assertion.type.name)) return true;
  const timestamp = parseTime(headerText(assertion, 'timestamp'));
  return timestamp !== undefined && isKeyValidAt(accountKey, timestamp);
}
