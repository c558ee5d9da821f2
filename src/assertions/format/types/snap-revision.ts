import type { Assertion, HeaderMap } from '../assertion.js';
import {
  checkDigest,
  readMaps,
  readMatching,
  readNonEmptyText,
  readNumber,
  readOneOf,
  readSize,
  readTime,
} from '../header-checks.js';
import { PROVENANCE } from './patterns.js';

/** Two characters for each byte of SHA-256. Go accepts capital letters too. */
const SHA256_HEX = /^[0-9a-fA-F]{64}$/;

/** The primary key's values include the default of a missing `provenance`. */
export function checkProvenance({ headers }: Assertion): void {
  if (headers['provenance'] !== undefined) readMatching(headers, 'provenance', PROVENANCE);
}

/** @see snapcore/snapd: asserts/snap_asserts.go, checkSnapIntegrity */
export function checkIntegrity(headers: HeaderMap): void {
  for (const [index, entry] of readMaps(headers, 'integrity').entries()) {
    const of = `integrity data ${index + 1}`;
    readOneOf(entry, 'type', ['dm-verity'], of);
    readOneOf(entry, 'version', ['1'], of);
    readOneOf(entry, 'hash-algorithm', ['sha256'], of);
    readSize(entry, 'data-block-size', of);
    readSize(entry, 'hash-block-size', of);
    readMatching(entry, 'digest', SHA256_HEX, of);
    readMatching(entry, 'salt', SHA256_HEX, of);
  }
}

/** @see snapcore/snapd: asserts/snap_asserts.go, assembleSnapRevision */
export function checkSnapRevision(assertion: Assertion): void {
  const { headers } = assertion;
  checkDigest(headers, 'snap-sha3-384');
  checkProvenance(assertion);
  readNonEmptyText(headers, 'snap-id');
  readSize(headers, 'snap-size');
  readNumber(headers, 'snap-revision', 1);
  readNonEmptyText(headers, 'developer-id');
  readTime(headers, 'timestamp');
  checkIntegrity(headers);
}

/** @see snapcore/snapd: asserts/snap_asserts.go, assembleSnapBuild */
export function checkSnapBuild({ headers }: Assertion): void {
  checkDigest(headers, 'snap-sha3-384');
  readNonEmptyText(headers, 'snap-id');
  readNonEmptyText(headers, 'grade');
  readSize(headers, 'snap-size');
  readTime(headers, 'timestamp');
}
