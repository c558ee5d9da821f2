import { StoreError } from '../../common/errors.js';
import type { Assertion, AssertionRef } from '../format/assertion.js';
import { isSameSignature } from '../format/signature-packet.js';
import type { AssertionLookup } from './assertion-lookup.js';
import { referenceKey, referenceOf } from './reference.js';
import { missingRefusal, refusal } from './refusal.js';
import { SignatureCheck } from './signature-check.js';
import type { TrustedRoots } from './trusted-roots.js';
import { Verification, type OnRefused, type Progress } from './verification.js';

/** The most assertions of one batch. The export of a whole store of six thousand snaps has fewer. */
export const MAX_BATCH_ASSERTIONS = 100_000;

export interface BatchContext {
  readonly roots: TrustedRoots;
  readonly stored: AssertionLookup;
  /**
   * When keys must be valid. Undefined for assertions that were issued before and are in use: keys must have
   * been valid when they signed, and a revision older than the store's is verified itself, because its content
   * may differ.
   */
  readonly now: Date | undefined;
}

/** An assertion that cannot be verified yet, and what is missing. */
export interface Unresolved {
  readonly assertion: Assertion;
  readonly missing: readonly AssertionRef[];
}

export interface BatchResult {
  /** The verified new assertions, each after its prerequisites. */
  readonly verified: readonly Assertion[];
  /**
   * The above, and the store's or the roots' version of the other resolved assertions of the batch. Only these
   * can be trusted: an added assertion that is older than one of these was not verified.
   */
  readonly believed: readonly Assertion[];
  readonly unresolved: readonly Unresolved[];
}

function noProgress(pending: Iterable<string>, copies: Assertion[] = []): Progress {
  return { pending: new Set(pending), verified: new Map(), held: new Map(), copies };
}

/**
 * Assertions that came together, in any order, and are accepted or refused together. More may be added between
 * two verifications: an archive is read once, and its snaps come between.
 *
 * A verified assertion is not verified again, unless a newer revision of anything in the batch has arrived: it
 * may be that of a key, or of a declaration.
 */
export class AssertionBatch {
  private readonly byReference = new Map<string, Assertion>();
  private readonly signatures = new SignatureCheck();
  private progress = noProgress([]);

  /** The assertions of the batch, in the order of arrival. */
  assertions(): IterableIterator<Assertion> {
    return this.byReference.values();
  }

  /**
   * Adds one. Of two revisions, the newer one stays; of two with the same content, the first. The second one's
   * signature must verify too, unless it is the same in another encoding.
   *
   * @returns whether the batch keeps it
   * @throws StoreError `conflict` if it differs from another one of the same revision, `too-large` beyond the
   *   limit
   */
  add(assertion: Assertion): boolean {
    const reference = referenceOf(assertion);
    const before = this.byReference.get(reference);
    if (before && before.assertionRevision >= assertion.assertionRevision)
      return this.addCopy(assertion, before);
    if (!before) this.makeRoom();
    this.byReference.set(reference, assertion);
    if (before) this.startAgain(reference);
    else this.progress.pending.add(reference);
    return true;
  }

  private addCopy(assertion: Assertion, before: Assertion): boolean {
    const { assertionRevision } = assertion;
    if (before.assertionRevision > assertionRevision) return false;
    if (!before.content.equals(assertion.content))
      throw refusal(assertion, `there are two different ones of revision ${assertionRevision}`, 'conflict');
    if (isSameSignature(before.signature, assertion.signature)) return false;
    this.makeRoom();
    this.progress.copies.push(assertion);
    return true;
  }

  private makeRoom(): void {
    if (this.byReference.size + this.progress.copies.length >= MAX_BATCH_ASSERTIONS)
      throw new StoreError('too-large', `cannot verify more than ${MAX_BATCH_ASSERTIONS} assertions at once`);
  }

  /** A newer revision has arrived: what was verified with the older one must be verified again. */
  private startAgain(reference: string): void {
    const copies = this.progress.copies.filter((copy) => referenceOf(copy) !== reference);
    this.progress = noProgress(this.byReference.keys(), copies);
  }

  /**
   * Verifies all that can be verified: against each other, the store, and the trusted roots.
   *
   * @param context - the same roots and store every time
   * @param onRefused - called for each invalid one, which is then left out
   * @throws StoreError `invalid-assertion` or `conflict` for the first invalid one, even if more may arrive
   */
  async verify(context: BatchContext, onRefused?: OnRefused): Promise<BatchResult> {
    const { byReference, progress, signatures } = this;
    return await new Verification(byReference, progress, signatures, context, onRefused).run();
  }

  /**
   * @throws StoreError `invalid-assertion` naming the first assertion with a missing prerequisite, and the
   *   prerequisite
   */
  refuseUnresolved({ unresolved }: BatchResult): void {
    // The one at the end of the chain: the others are missing only that one.
    const first =
      unresolved.find(({ missing }) =>
        missing.some((reference) => !this.byReference.has(referenceKey(reference))),
      ) ?? unresolved[0];
    if (!first) return;
    throw missingRefusal(first.assertion, first.missing);
  }
}

/**
 * Verifies assertions that must all be valid.
 *
 * @returns those that are new, each after its prerequisites
 * @throws StoreError `invalid-assertion` or `conflict` for the first that cannot be verified
 */
export async function checkBatch(
  assertions: readonly Assertion[],
  context: BatchContext,
): Promise<readonly Assertion[]> {
  const batch = new AssertionBatch();
  for (const assertion of assertions) batch.add(assertion);
  const result = await batch.verify(context);
  batch.refuseUnresolved(result);
  return result.verified;
}
