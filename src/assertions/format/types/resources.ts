import type { Assertion } from '../assertion.js';
import { checkDigest, readNonEmptyText, readNumber, readSize, readTime } from '../header-checks.js';
import { checkSnapName } from './patterns.js';
import { checkIntegrity, checkProvenance } from './snap-revision.js';

/** @see snapcore/snapd: asserts/snap_resource_asserts.go, assembleSnapResourceRevision */
export function checkSnapResourceRevision(assertion: Assertion): void {
  const { headers } = assertion;
  checkSnapName(readNonEmptyText(headers, 'resource-name'), 'resource name');
  checkDigest(headers, 'resource-sha3-384');
  checkProvenance(assertion);
  readSize(headers, 'resource-size');
  readNumber(headers, 'resource-revision', 1);
  readNonEmptyText(headers, 'developer-id');
  readTime(headers, 'timestamp');
  checkIntegrity(headers);
}

/** @see snapcore/snapd: asserts/snap_resource_asserts.go, assembleSnapResourcePair */
export function checkSnapResourcePair(assertion: Assertion): void {
  const { headers } = assertion;
  checkSnapName(readNonEmptyText(headers, 'resource-name'), 'resource name');
  checkProvenance(assertion);
  readNumber(headers, 'resource-revision', 1);
  readNumber(headers, 'snap-revision', 1);
  readNonEmptyText(headers, 'developer-id');
  readTime(headers, 'timestamp');
}
