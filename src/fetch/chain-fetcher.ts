import type { Assertion, AssertionRef } from '../assertions/format/assertion.js';
import type { AssertionLookup } from '../assertions/trust/assertion-lookup.js';
import { AssertionBatch } from '../assertions/trust/batch.js';
import { referenceKey } from '../assertions/trust/reference.js';
import type { TrustedRoots } from '../assertions/trust/trusted-roots.js';

/** The other side may hold nothing but its roots: a chain must stand alone. */
const NOTHING_STORED: AssertionLookup = {
  find: () => Promise.resolve(undefined),
  findAccountKeysNamed: () => Promise.resolve([]),
};

/** Fetches signed documents with all that they need, each once for a whole run. */
export class ChainFetcher {
  private readonly fetched = new Map<string, Promise<Assertion>>();

  constructor(
    private readonly get: (reference: AssertionRef) => Promise<Assertion>,
    private readonly roots: TrustedRoots,
  ) {}

  /**
   * Fetches an assertion and everything up to a trusted root, and verifies all of it.
   *
   * @returns each after what it needs, the roots left out
   * @throws StoreError where one is missing upstream or cannot be believed
   * @see snapcore/snapd: asserts/fetcher.go
   */
  async fetch(reference: AssertionRef): Promise<readonly Assertion[]> {
    const batch = new AssertionBatch();
    const seen = new Set<string>();
    const wanted: AssertionRef[] = [reference];
    for (let next = wanted.shift(); next; next = wanted.shift()) {
      const key = referenceKey(next);
      if (seen.has(key) || this.roots.isTrusted(next.type, next.primaryKey)) continue;
      seen.add(key);
      const assertion = await this.getOnce(next);
      batch.add(assertion);
      wanted.push(...assertion.type.prerequisites(assertion), {
        type: 'account-key',
        primaryKey: [assertion.signKeyId],
      });
    }
    const result = await batch.verify({ roots: this.roots, stored: NOTHING_STORED, now: new Date() });
    batch.refuseUnresolved(result);
    return result.verified;
  }

  private async getOnce(reference: AssertionRef): Promise<Assertion> {
    const key = referenceKey(reference);
    const known = this.fetched.get(key);
    if (known) return await known;
    const getting = this.get(reference);
    this.fetched.set(key, getting);
    return await getting;
  }
}
