import type { Assertion } from '../assertion.js';
import {
  HeaderError,
  readMaps,
  readMatching,
  readNumber,
  readOptionalBoolean,
  readOptionalTime,
  readTime,
} from '../header-checks.js';
import { quote } from '../quote.js';
import { ACCOUNT_ID } from './patterns.js';

/** @see snapcore/snapd: asserts/snap_asserts.go, assembleValidation */
export function checkValidation({ headers }: Assertion): void {
  readNumber(headers, 'approved-snap-revision', 1);
  readOptionalBoolean(headers, 'revoked');
  readTime(headers, 'timestamp');
}

/**
 * A developer is revoked by an entry whose `until` equals its `since`. It must be the only entry then.
 *
 * @see snapcore/snapd: asserts/snap_asserts.go, checkDevelopers
 */
export function checkSnapDeveloper({ headers }: Assertion): void {
  const revoked = new Map<string, boolean>();
  for (const entry of readMaps(headers, 'developers')) {
    const developer = readMatching(entry, 'developer-id', ACCOUNT_ID, 'developer');
    const of = `developer ${quote(developer)}`;
    const since = readTime(entry, 'since', of);
    const until = readOptionalTime(entry, 'until', of);
    if (until && until < since) throw new HeaderError(`"until" of ${of} is before "since"`);
    const isRevoked = until !== undefined && until.getTime() === since.getTime();
    if (revoked.has(developer) && (isRevoked || revoked.get(developer) === true))
      throw new HeaderError(`${of} is revoked, so it must have no other entries`);
    revoked.set(developer, isRevoked);
  }
}
