import type { Assertion } from '../format/assertion.js';
import { parseTime } from '../format/header-checks.js';
import { headerText } from '../format/header-text.js';

/** The types whose timestamp must be within the validity of their signing key. */
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
 * Whether a key is valid: from `since` inclusive to `until` exclusive.
 *
 * @see snapcore/snapd: asserts/account_key.go, isValidAt
 */
export function isKeyValidAt(accountKey: Assertion, time: Date): boolean {
  const since = parseTime(headerText(accountKey, 'since'));
  const until = parseTime(headerText(accountKey, 'until'));
  return since !== undefined && time >= since && (until === undefined || time < until);
}

/**
 * Whether an assertion is dated within the validity of its signing key.
 *
 * @see snapcore/snapd: asserts/database.go, CheckTimestampVsSigningKeyValidity: the types with a Timestamp
 *   method
 */
export function isDatedWithinKey(accountKey: Assertion, assertion: Assertion): boolean {
  if (!TIMESTAMPED.has(assertion.type.name)) return true;
  const timestamp = parseTime(headerText(assertion, 'timestamp'));
  return timestamp !== undefined && isKeyValidAt(accountKey, timestamp);
}
