import { StoreError } from '../../common/errors.js';
import type { Assertion, AssertionRef } from '../format/assertion.js';
import { isSameSignature } from '../format/signature-packet.js';
import { OverlayLookup, type AssertionLookup } from './assertion-lookup.js';
import type { BatchContext, BatchResult, Unresolved } from './batch.js';
import { checkConsistency } from './consistency.js';
import { hasOwnKey, ownKeyOf } from './own-key.js';
import { referenceKey, referenceOf } from './reference.js';
import { refusal } from './refusal.js';
import type { SignatureCheck } from './signature-check.js';

/** The results of earlier passes over a batch, by reference. */
export interface Progress {
  /** Not verified yet, or a prerequisite was missing. */
  readonly pending: Set<string>;
  /** Verified, in the order of verification. */
  readonly verified: Map<string, Assertion>;
  /** Roots, and the store's assertions: they replace the same or an older revision in the batch. */
  readonly held: Map<string, Assertion>;
  /** Equal to one of the batch, but with another signature, which must verify too. */
  copies: Assertion[];
}

/**
 * Whether two are equal with equivalent signatures: if one verifies, so does the other, in whatever base64
 * encoding.
 */
export function isSameAssertion(a: Assertion, b: Assertion): boolean {
  return a.content.equals(b.content) && isSameSignature(a.signature, b.signature);
}

/** The prerequisites of the signer; none if the assertion contains its own key. */
function signingKeyOf({ type, signKeyId }: Assertion): AssertionRef[] {
  return type.noAuthority ? [] : [{ type: 'account-key', primaryKey: [signKeyId] }];
}

/** Receives invalid assertions. */
export type OnRefused = (assertion: Assertion, why: StoreError) => void;

/** One pass over a batch. */
export class Verification {
  /** The assertions whose prerequisites are being verified. One that requires itself is among them. */
  private readonly open = new Set<string>();
  private readonly unresolved = new Map<string, Unresolved>();
  private readonly known: AssertionLookup;

  constructor(
    private readonly batch: ReadonlyMap<string, Assertion>,
    private readonly progress: Progress,
    private readonly signatures: SignatureCheck,
    private readonly context: BatchContext,
    private readonly onRefused?: OnRefused,
  ) {
    const { roots, stored } = context;
    const rootsOverStored: AssertionLookup = {
      find: async (type, key) => roots.find(type, key) ?? (await stored.find(type, key)),
      findAccountKeysNamed: async (account, name) => [
        ...roots.findAccountKeysNamed(account, name),
        ...(await stored.findAccountKeysNamed(account, name)),
      ],
    };
    this.known = new OverlayLookup(progress.verified, rootsOverStored);
  }

  async run(): Promise<BatchResult> {
    for (const reference of this.progress.pending) {
      const assertion = this.batch.get(reference);
      if (assertion) await this.resolve(assertion);
    }
    await this.checkCopies();
    const verified = [...this.progress.verified.values()];
    return {
      verified,
      believed: [...verified, ...this.progress.held.values()],
      unresolved: [...this.unresolved.values()],
    };
  }

  /** @returns whether the assertion, or the newer one in the store, can be trusted */
  private async resolve(assertion: Assertion): Promise<boolean> {
    const reference = referenceOf(assertion);
    if (this.progress.verified.has(reference) || this.progress.held.has(reference)) return true;
    if (this.unresolved.has(reference)) return false;
    if (this.open.has(reference))
      throw refusal(assertion, 'it is self-signed, at the end of its chain, and not a trusted root');
    try {
      return await this.settle(reference, assertion);
    } catch (error) {
      if (!this.onRefused || !(error instanceof StoreError)) throw error;
      this.onRefused(assertion, error);
      this.open.delete(reference);
      this.unresolved.set(reference, { assertion, missing: [] });
      return false;
    }
  }

  private async settle(reference: string, assertion: Assertion): Promise<boolean> {
    const held = await this.findHeld(assertion);
    if (held) {
      this.progress.held.set(reference, held);
      this.progress.pending.delete(reference);
      return true;
    }
    this.open.add(reference);
    const isBelieved = await this.believe(assertion);
    this.open.delete(reference);
    if (isBelieved) {
      this.progress.verified.set(reference, assertion);
      this.progress.pending.delete(reference);
    }
    return isBelieved;
  }

  /** snapcore/snapd: asserts/batch.go, commitTo: a revision that is not newer counts as present */
  private async findHeld(assertion: Assertion): Promise<Assertion | undefined> {
    const { type, primaryKey, assertionRevision } = assertion;
    const root = this.context.roots.find(type.name, primaryKey);
    if (root) return await this.checkRootCopy(root, assertion);
    const stored = await this.context.stored.find(type.name, primaryKey);
    if (!stored || stored.assertionRevision < assertionRevision) return undefined;
    if (stored.assertionRevision === assertionRevision) await this.checkSame(stored, assertion);
    if (this.context.now === undefined && stored.assertionRevision > assertionRevision) return undefined;
    return stored;
  }

  /** A root is trusted in the store's own form. A copy is accepted only if it is unchanged. */
  private async checkRootCopy(root: Assertion, copy: Assertion): Promise<Assertion> {
    if (isSameAssertion(root, copy)) return root;
    const changed = (cause?: unknown) =>
      refusal(copy, 'it is a changed copy of a trusted root: get the original file', 'conflict', cause);
    if (root.assertionRevision === copy.assertionRevision && !root.content.equals(copy.content))
      throw changed();
    try {
      await this.checkSignature(copy);
    } catch (error) {
      throw changed(error);
    }
    return root;
  }

  /**
   * The same content may be signed more than once by its key. Nobody can make another signature without the
   * key.
   */
  private async checkSame(stored: Assertion, assertion: Assertion): Promise<void> {
    if (!stored.content.equals(assertion.content))
      throw refusal(
        assertion,
        `the store has a different one of revision ${assertion.assertionRevision}`,
        'conflict',
      );
    if (!isSameSignature(stored.signature, assertion.signature)) await this.checkSignature(assertion);
  }

  /** Verifies the signature of an assertion whose content is already verified. */
  private async checkSignature(assertion: Assertion): Promise<void> {
    if (assertion.type.noAuthority)
      this.signatures.checkOwn(assertion, await ownKeyOf(assertion, this.known));
    else this.signatures.checkSignature(assertion, await this.signerOf(assertion));
  }

  /** Those whose original is unresolved wait with it. */
  private async checkCopies(): Promise<void> {
    const waiting: Assertion[] = [];
    for (const copy of this.progress.copies) {
      const reference = referenceOf(copy);
      const held = this.progress.held.get(reference);
      try {
        if (this.progress.verified.has(reference)) await this.checkSignature(copy);
        else if (!held) waiting.push(copy);
        else if (held.content.equals(copy.content)) await this.checkSignature(copy);
      } catch (error) {
        if (!this.onRefused || !(error instanceof StoreError)) throw error;
        this.onRefused(copy, error);
      }
    }
    this.progress.copies = waiting;
  }

  private async believe(assertion: Assertion): Promise<boolean> {
    this.checkType(assertion);
    const { type } = assertion;
    const missing: AssertionRef[] = [];
    for (const needed of [...signingKeyOf(assertion), ...type.prerequisites(assertion)])
      if (!(await this.isAvailable(needed))) missing.push(needed);
    if (missing.length > 0) {
      this.unresolved.set(referenceOf(assertion), { assertion, missing });
      return false;
    }
    if (type.noAuthority) this.signatures.checkOwn(assertion, await ownKeyOf(assertion, this.known));
    else await this.checkSigner(assertion);
    await checkConsistency(assertion, { roots: this.context.roots, known: this.known });
    return true;
  }

  private async checkSigner(assertion: Assertion): Promise<void> {
    this.signatures.check(assertion, await this.signerOf(assertion), this.context.now);
  }

  private async signerOf(assertion: Assertion): Promise<Assertion> {
    const accountKey = await this.known.find('account-key', [assertion.signKeyId]);
    if (!accountKey) throw refusal(assertion, `missing account-key ${assertion.signKeyId}`);
    return accountKey;
  }

  private checkType(assertion: Assertion): void {
    const { type } = assertion;
    // A device signs these. They are verified where they are used.
    if (type.noAuthority && !hasOwnKey(assertion))
      throw refusal(assertion, `a ${type.name} is for one exchange only and is not stored`);
  }

  private async isAvailable({ type, primaryKey }: AssertionRef): Promise<boolean> {
    const inBatch = this.batch.get(referenceKey({ type, primaryKey }));
    if (inBatch && (await this.resolve(inBatch))) return true;
    return (await this.known.find(type, primaryKey)) !== undefined;
  }
}
