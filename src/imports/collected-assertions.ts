import type { AssertionsService } from '../assertions/assertions.service.js';
import type { Assertion } from '../assertions/format/assertion.js';
import { eachAssertionOf } from '../assertions/travelled-stream.js';
import { AssertionBatch, type BatchResult } from '../assertions/trust/batch.js';
import type { AssertionStream } from '../bundles/reading/bundle-reader.js';
import { assertionCost, type ImportBudget } from '../bundles/reading/import-budget.js';
import { StoreError } from '../common/errors.js';
import type { AssertionPool } from './assertion-pool.js';

/** The assertions that a push has read so far, and which of them are believed. */
export class CollectedAssertions {
  private readonly batch = new AssertionBatch();
  private verifiedSoFar: BatchResult | undefined;

  constructor(
    private readonly trust: AssertionsService,
    private readonly budget: ImportBudget,
    /** Assertions of other files, which are taken where something here needs them. */
    private readonly pool: AssertionPool | undefined,
  ) {}

  /** Of each that was read the newest revision, in order; once `finish` has returned, all of them are believed. */
  all(): IterableIterator<Assertion> {
    return this.batch.assertions();
  }

  /** @throws StoreError naming the file, where it cannot be decoded or contradicts another one */
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

  /** What is believed of all that was read so far. @throws StoreError for the first that is wrong */
  async verify(): Promise<BatchResult> {
    if (this.verifiedSoFar) return this.verifiedSoFar;
    let result = await this.trust.verify(this.batch);
    while (this.takeFromPool(result)) result = await this.trust.verify(this.batch);
    return (this.verifiedSoFar = result);
  }

  /** @throws StoreError `invalid-assertion` for the first that lacks something of what was verified last */
  refuseUnresolved(): void {
    if (this.verifiedSoFar) this.batch.refuseUnresolved(this.verifiedSoFar);
  }

  /**
   * Verifies all of them, now that no more will come.
   *
   * @returns those that are new, each after what it needs
   */
  async finish(): Promise<readonly Assertion[]> {
    const { verified } = await this.verify();
    this.refuseUnresolved();
    return verified;
  }

  /** The declaration of a snap, believed or not. */
  declarationOf(snapId: string): Assertion | undefined {
    return [...this.all()].find((one) => isDeclarationOf(one, snapId));
  }

  /** @returns whether others had something that is missing here */
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

/** Whether an assertion is the declaration of a snap. */
export function isDeclarationOf({ type, primaryKey }: Assertion, snapId: string | undefined): boolean {
  return type.name === 'snap-declaration' && primaryKey[1] === snapId;
}
