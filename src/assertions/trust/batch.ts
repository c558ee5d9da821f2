import { StoreError } from '../../common/errors.js';
import type { Assertion, AssertionRef } from '../format/assertion.js';
import { isSameSignature } from '../format/signature-packet.js';
import type { AssertionLookup } from './assertion-lookup.js';
import { referenceKey, referenceOf } from './reference.js';
import { missingRefusal, refusal } from './refusal.js';
import { SignatureCheck } from './signature-check.js';
import type { TrustedRoots } from './trusted-roots.js';
import { Verification, type OnRefused, type Progress } from './verification.js';

/** Most assertions of one batch; the export of a whole store of six thousand snaps stays below. */
export const MAX_BATCH_ASSERTIONS = 100_000;

export interface BatchContext {
  readonly roots: TrustedRoots;
  readonly stored: AssertionLookup;
  /**
   * When keys must be valid. Undefined for what was issued before and is in use: it counts that they were when
   * they signed, and a revision older than the one held is verified itself, as another may say other things.
   */
  readonly now: Date | undefined;
}

/** An assertion that cannot be believed yet, and what is missing for that. */
export interface Unresolved {
  readonly assertion: Assertion;
  readonly missing: readonly AssertionRef[];
}

export interface BatchResult {
  /** What is believed and new, each after what it needs. */
  readonly verified: readonly Assertion[];
  /**
   * The above, and for the rest of the batch that is not unresolved, what the store or the roots hold of
   * it. Only these may be relied on: an assertion that was added and is older than one of these was not
   * looked at.
   */
  readonly believed: readonly Assertion[];
  readonly unresolved: readonly Unresolved[];
}

function noProgress(pending: Iterable<string>, copies: Assertion[] = []): Progress {
  return { pending: new Set(pending), verified: new Map(), held: new Map(), copies };
}

/**
 * Assertions that came together, in any order, and are believed or refused together. More may be
 * added between two verifications: an archive is read once, and its snaps come between.
 *
 * What one verification has believed the next one need not look at again, unless a newer revision of
 * anything in the batch has come between: it may be that of a key, or of a declaration.
 */
export class AssertionBatch {
  private readonly byReference = new Map<string, Assertion>();
  private readonly signatures = new SignatureCheck();
  private progress = noProgress([]);

  /** Those of the batch, in the order in which they came. */
  assertions(): IterableIterator<Assertion> {
    return this.byReference.values();
  }

  /**
   * Adds one; of two revisions of the same, the newer one stays, and of two with the same content the first. The
   * second's signature must verify as well, where it is not the same written otherwise.
   *
   * @returns whether the batch keeps it
   * @throws StoreError `conflict` where another one of the same revision is there, `too-large` past the limit
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

  /** A newer revision came: what was believed with the older one must be looked at again. */
  private startAgain(reference: string): void {
    const copies = this.progress.copies.filter((copy) => referenceOf(copy) !== reference);
    this.progress = noProgress(this.byReference.keys(), copies);
  }

  /**
   * Verifies all that can be verified: against each other, what is stored, and the trusted roots.
   *
   * @param context - the same roots and store every time
   * @param onRefused - is told of each that is wrong, which is left out then
   * @throws StoreError `invalid-assertion` or `conflict` for the first that is wrong, whatever may still come
   */
  async verify(context: BatchContext, onRefused?: OnRefused): Promise<BatchResult> {
    const { byReference, progress, signatures } = this;
    return await new Verification(byReference, progress, signatures, context, onRefused).run();
  }

  /** @throws StoreError `invalid-assertion` naming the first assertion that something is missing for, and what */
  refuseUnresolved({ unresolved }: BatchResult): void {
    // The one at the end of the chain: what the others miss is only that one.
    const first =
      unresolved.find(({ missing }) =>
        missing.some((reference) => !this.byReference.has(referenceKey(reference))),
      ) ?? unresolved[0];
    if (!first) return;
    throw missingRefusal(first.assertion, first.missing);
  }
}

/**
 * Verifies assertions that must all be believed.
 *
 * @returns those that are new, each after what it needs
 * @throws StoreError `invalid-assertion` or `conflict` for the first that cannot be believed
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
