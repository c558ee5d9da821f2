import type { Assertion, HeaderValue } from '../format/assertion.js';
import { isList, isMap } from '../format/header-checks.js';

function bound(value: HeaderValue | undefined, otherwise: number): number {
  return typeof value === 'string' ? Number(value) : otherwise;
}

/**
 * Whether a snap's declaration authorizes an account to sign a revision with another provenance than the
 * store's own. The device itself checks the constraints on devices (`on-store`, `on-brand`, `on-model`).
 *
 * @param revision - of the snap, or of the resource for a snap-resource-revision
 * @see snapcore/snapd: asserts/snap_asserts.go, RevisionAuthority and checkConsistency
 */
export function mayVouch(
  declaration: Assertion,
  accountId: string | undefined,
  provenance: string,
  revision: number,
): boolean {
  const entries = declaration.headers['revision-authority'];
  return (
    isList(entries) &&
    entries.some(
      (entry) =>
        isMap(entry) &&
        entry['account-id'] === accountId &&
        isList(entry['provenance']) &&
        entry['provenance'].includes(provenance) &&
        revision >= bound(entry['min-revision'], 1) &&
        revision <= bound(entry['max-revision'], Number.MAX_SAFE_INTEGER),
    )
  );
}
