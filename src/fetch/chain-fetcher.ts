import type { Assertion, AssertionRef } from '../assertions/format/assertion.js';
import { NOTHING_STORED } from '../assertions/trust/assertion-lookup.js';
import { AssertionBatch } from '../assertions/trust/batch.js';
import { walkPrerequisites } from '../assertions/trust/prerequisite-walk.js';
import { referenceKey } from '../assertions/trust/reference.js';
import type { TrustedRoots } from '../assertions/trust/trusted-roots.js';

/** Fetches assertions with all their prerequisites, each once for a whole run. */
export class ChainFetcher {
  private readonly fetched = new Map<string, Promise<Assertion>>();

  constructor(
    private readonly get: (reference: AssertionRef) => Promise<Assertion>,
    private readonly roots: TrustedRoots,
  ) {}

  /**
   * Fetches an assertion and its prerequisites up to a trusted root, and verifies all of them.
   *
   * @returns each assertion after its prerequisites, without the roots
   * @throws StoreError if one is missing upstream or cannot be verified
   * @see snapcore/snapd: asserts/fetcher.go
   */
  async fetch(reference: AssertionRef): Promise<readonly Assertion[]> {
    const batch = new AssertionBatch();
    for await (const assertion of walkPrerequisites(reference, (next) => this.getUntrusted(next)))
      batch.add(assertion);
    // The other side may hold nothing but its roots.
    const result = await batch.verify({ roots: this.roots, stored: NOTHING_STORED, now: new Date() });
    batch.refuseUnresolved(result);
    return result.verified;
  }

  private async getUntrusted(reference: AssertionRef): Promise<Assertion | undefined> {
    const isTrusted = this.roots.isTrusted(reference.type, reference.primaryKey);
    return isTrusted ? undefined : await this.getOnce(reference);
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
