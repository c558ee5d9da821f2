import type { Assertion, AssertionRef } from '../assertions/format/assertion.js';
import { referenceKey, referenceOf } from '../assertions/trust/reference.js';
import { assertionCost, ImportBudget } from '../bundles/reading/import-budget.js';
import type { StoreError } from '../common/errors.js';

/** Verified assertions of all files of one command. A file that lacks an assertion finds it here. */
export class AssertionPool {
  private readonly byReference = new Map<string, Assertion>();
  private readonly budget = new ImportBudget();

  /** Keeps the newer of two revisions. Assertions above the memory limit are left out, as if there were no pool. */
  add(assertions: Iterable<Assertion>): void {
    for (const assertion of assertions) {
      const reference = referenceOf(assertion);
      const before = this.byReference.get(reference);
      if (before && before.assertionRevision >= assertion.assertionRevision) continue;
      if (!this.fits(assertion)) return;
      this.byReference.set(reference, assertion);
    }
  }

  find(reference: AssertionRef): Assertion | undefined {
    return this.byReference.get(referenceKey(reference));
  }

  private fits(assertion: Assertion): boolean {
    try {
      this.budget.hold(assertionCost(assertion));
      return true;
    } catch (error) {
      if ((error as StoreError).code === 'too-large') return false;
      throw error;
    }
  }
}
