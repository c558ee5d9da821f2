import type { AssertionsService } from '../assertions/assertions.service.js';
import type { Assertion } from '../assertions/format/assertion.js';
import { eachAssertionOf } from '../assertions/travelled-stream.js';
import { AssertionBatch, type BatchResult } from '../assertions/trust/batch.js';
import type { AssertionStream } from '../bundles/reading/bundle-reader.js';
import { assertionCost, type ImportBudget } from '../bundles/reading/import-budget.js';
import { StoreError } from '../common/errors.js';
import type { AssertionPool } from './assertion-pool.js';

/** The assertions that a push has read so far, and which of them are verified. */
export class CollectedAssertions {
  private readonly batch = new AssertionBatch();
  private verifiedSoFar: BatchResult | undefined;

  constructor(
    private readonly trust: AssertionsService,
    private readonly budget: ImportBudget,
    /** Assertions of other files, used if an assertion here needs them. */
    private readonly pool: AssertionPool | undefined,
  ) {}

  /** The newest revision of each assertion, in order. After `finish`, all of them are verified. */
  all(): IterableIterator<Assertion> {
    return this.batch.assertions();
  }

  /** @throws StoreError naming the file, if it cannot be decoded or contradicts another file */
  add({ path, bytes }: AssertionStream): void {
    this.verifiedSoFar = undefined;
    try {
      for (const assertion of eachAssertionOf(bytes))
        if (this.batch.add(assertion)) this.budget.hold(assertionCost(assertion));
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      throw new StoreError(error.code, `${path}: ${error.message}`, { cause: error });
    }
  }

  /** Verifies all assertions that were read so far. @throws StoreError for the first invalid one */
  async verify(): Promise<BatchResult> {
    if (this.verifiedSoFar) return this.verifiedSoFar;
    let result = await this.trust.verify(this.batch);
    while (this.takeFromPool(result)) result = await this.trust.verify(this.batch);
    return (this.verifiedSoFar = result);
  }

  /** @throws StoreError `invalid-assertion` for the first assertion whose prerequisites were missing at `verify` */
  refuseUnresolved(): void {
    if (this.verifiedSoFar) this.batch.refuseUnresolved(this.verifiedSoFar);
  }

  /**
   * Verifies all assertions, after the last one was read.
   *
   * @returns the new ones, each after its prerequisites
   */
  async finish(): Promise<readonly Assertion[]> {
    const { verified } = await this.verify();
    this.refuseUnresolved();
    return verified;
  }

  /** The declaration of a snap, verified or not. */
  declarationOf(snapId: string): Assertion | undefined {
    return [...this.all()].find((one) => isDeclarationOf(one, snapId));
  }

  /** @returns whether the pool had a missing assertion */
  private takeFromPool({ unresolved }: BatchResult): boolean {
    let isNews = false;
    for (const reference of unresolved.flatMap(({ missing }) => missing)) {
      const found = this.pool?.find(reference);
      if (!found || !this.batch.add(found)) continue;
      this.budget.hold(assertionCost(found));
      isNews = true;
    }
    return isNews;
  }
}

export function isDeclarationOf({ type, primaryKey }: Assertion, snapId: string | undefined): boolean {
  return type.name === 'snap-declaration' && primaryKey[1] === snapId;
}
