import type { KeyObject } from 'node:crypto';
import { StoreError } from '../../common/errors.js';
import type { Assertion, AssertionRef } from '../format/assertion.js';
import { decodePublicKey } from '../format/keys.js';
import { verifySignature } from '../format/verify.js';
import type { AssertionLookup } from './assertion-lookup.js';
import { checkConsistency } from './consistency.js';
import { keyMaySign } from './constraints.js';
import { referenceOf } from './reference.js';
import type { TrustedRoots } from './trusted-roots.js';

/** Most assertions of one batch; the export of a whole store of six thousand snaps stays below. */
export const MAX_BATCH_ASSERTIONS = 100_000;

export interface BatchContext {
  readonly roots: TrustedRoots;
  readonly stored: AssertionLookup;
  readonly now: Date;
}

/** An assertion that cannot be believed yet, and what is missing for that. */
export interface Unresolved {
  readonly assertion: Assertion;
  readonly missing: readonly AssertionRef[];
}

export interface BatchResult {
  /** What is believed and new, each after what it needs. */
  readonly verified: readonly Assertion[];
  readonly unresolved: readonly Unresolved[];
}

/** Types that a device signs with its own key: they are verified where they are used, never stored. */
const NEVER_STORED = new Set([
  'serial-request',
  'device-session-request',
  'response-message',
  'account-key-request',
  'confdb-control',
]);

function refuse(
  assertion: Assertion,
  why: string,
  code: 'invalid-assertion' | 'conflict' | 'unsupported' = 'invalid-assertion',
): StoreError {
  return new StoreError(code, `cannot verify ${referenceOf(assertion)}: ${why}`);
}

/** The final newline of a file's last signature may be missing; nothing else may differ. */
function sameBytes(a: Assertion, b: Assertion): boolean {
  return (
    a.content.equals(b.content) &&
    a.signature.toString('latin1').trimEnd() === b.signature.toString('latin1').trimEnd()
  );
}

function headerTime(assertion: Assertion, name: string): Date | undefined {
  const value = assertion.headers[name];
  return typeof value === 'string' ? new Date(value) : undefined;
}

/** `since` is within a key's life, `until` is not. */
function isValidAt(accountKey: Assertion, time: Date): boolean {
  const since = headerTime(accountKey, 'since');
  const until = headerTime(accountKey, 'until');
  return since !== undefined && time >= since && (until === undefined || time < until);
}

/**
 * Assertions that came together, in any order, and are believed or refused together. More may be
 * added between two verifications: an archive is read once, and its snaps come between.
 */
export class AssertionBatch {
  private readonly byReference = new Map<string, Assertion>();
  private readonly publicKeys = new Map<string, KeyObject>();

  /**
   * Adds one; of two revisions of the same, the newer one stays.
   *
   * @throws StoreError `conflict` where another one of the same revision is there, `too-large` past the limit
   */
  add(assertion: Assertion): void {
    const reference = referenceOf(assertion);
    const before = this.byReference.get(reference);
    if (before && before.assertionRevision === assertion.assertionRevision && !sameBytes(before, assertion)) {
      throw refuse(
        assertion,
        `there are two different ones of revision ${assertion.assertionRevision}`,
        'conflict',
      );
    }
    if (before && before.assertionRevision >= assertion.assertionRevision) return;
    if (!before && this.byReference.size >= MAX_BATCH_ASSERTIONS)
      throw new StoreError('too-large', `cannot verify more than ${MAX_BATCH_ASSERTIONS} assertions at once`);
    this.byReference.set(reference, assertion);
  }

  /**
   * Verifies all that can be verified: against each other, what is stored, and the trusted roots.
   *
   * @throws StoreError `invalid-assertion`, `conflict` or `unsupported` for the first that is wrong, whatever may still come
   */
  async verify(context: BatchContext): Promise<BatchResult> {
    return await new Verification(this.byReference, this.publicKeys, context).run();
  }

  /** @throws StoreError `invalid-assertion` naming the first assertion that something is missing for, and what */
  refuseUnresolved({ unresolved }: BatchResult): void {
    // The one at the end of the chain: what the others miss is only that one.
    const first =
      unresolved.find(({ missing }) =>
        missing.some(({ type, primaryKey }) => !this.byReference.has([type, ...primaryKey].join('/'))),
      ) ?? unresolved[0];
    if (!first) return;
    const missing = first.missing.map(({ type, primaryKey }) => `${type} ${primaryKey.join('/')}`).join(', ');
    throw refuse(first.assertion, `missing ${missing}`);
  }
}

/** One pass over a batch. */
class Verification {
  private readonly verified = new Map<string, Assertion>();
  private readonly states = new Map<string, 'open' | 'known' | 'unresolved'>();
  private readonly unresolved: Unresolved[] = [];
  private readonly known: AssertionLookup;

  constructor(
    private readonly batch: ReadonlyMap<string, Assertion>,
    private readonly publicKeys: Map<string, KeyObject>,
    private readonly context: BatchContext,
  ) {
    this.known = {
      find: (type, key) => this.findKnown(type, key),
      findAccountKeysNamed: (account, name) => this.findNamed(account, name),
    };
  }

  async run(): Promise<BatchResult> {
    for (const assertion of this.batch.values()) await this.resolve(assertion);
    return { verified: [...this.verified.values()], unresolved: this.unresolved };
  }

  /** @returns whether the assertion, or the newer one that is stored, may be relied on */
  private async resolve(assertion: Assertion): Promise<boolean> {
    const reference = referenceOf(assertion);
    const state = this.states.get(reference);
    if (state === 'open') throw refuse(assertion, 'it needs itself');
    if (state !== undefined) return state === 'known';
    this.states.set(reference, 'open');
    const isKnown = (await this.isHeldAlready(assertion)) || (await this.believe(assertion));
    this.states.set(reference, isKnown ? 'known' : 'unresolved');
    return isKnown;
  }

  /** Whether it is a root, or stored in this or a newer revision. */
  private async isHeldAlready(assertion: Assertion): Promise<boolean> {
    const { type, primaryKey, assertionRevision } = assertion;
    if (this.context.roots.find(type.name, primaryKey)) return true;
    const stored = await this.context.stored.find(type.name, primaryKey);
    if (!stored || stored.assertionRevision < assertionRevision) return false;
    if (stored.assertionRevision === assertionRevision && !sameBytes(stored, assertion))
      throw refuse(assertion, `the store holds a different one of revision ${assertionRevision}`, 'conflict');
    return true;
  }

  private async believe(assertion: Assertion): Promise<boolean> {
    const { type, format } = assertion;
    if (format > type.maxFormat)
      throw refuse(
        assertion,
        `format ${format} is newer than this program reads (${type.maxFormat})`,
        'unsupported',
      );
    if (NEVER_STORED.has(type.name))
      throw refuse(assertion, `a ${type.name} is for one exchange and is not kept`);
    const key: AssertionRef = { type: 'account-key', primaryKey: [assertion.signKeyId] };
    const missing: AssertionRef[] = [];
    for (const needed of [key, ...type.prerequisites(assertion)])
      if (!(await this.isAvailable(needed))) missing.push(needed);
    if (missing.length > 0) {
      this.unresolved.push({ assertion, missing });
      return false;
    }
    await this.checkSignature(assertion, key);
    await checkConsistency(assertion, { roots: this.context.roots, known: this.known });
    this.verified.set(referenceOf(assertion), assertion);
    return true;
  }

  private async isAvailable({ type, primaryKey }: AssertionRef): Promise<boolean> {
    const inBatch = this.batch.get([type, ...primaryKey].join('/'));
    if (inBatch && (await this.resolve(inBatch))) return true;
    return (await this.findKnown(type, primaryKey)) !== undefined;
  }

  /** snapcore/snapd: asserts/database.go, DefaultCheckers: key, its life, authority, constraints, signature, time stamp */
  private async checkSignature(assertion: Assertion, { type, primaryKey }: AssertionRef): Promise<void> {
    const accountKey = await this.findKnown(type, primaryKey);
    if (!accountKey) throw refuse(assertion, `missing ${type} ${primaryKey.join('/')}`);
    const owner = accountKey.headers['account-id'];
    if (owner !== assertion.authorityId)
      throw refuse(
        assertion,
        `its authority is ${assertion.authorityId}, the key that signs it is of ${String(owner)}`,
      );
    if (!isValidAt(accountKey, this.context.now))
      throw refuse(assertion, `the key that signs it, ${assertion.signKeyId}, is not valid now`);
    if (!keyMaySign(accountKey, assertion))
      throw refuse(
        assertion,
        `the constraints of the key that signs it, ${assertion.signKeyId}, do not allow it`,
      );
    verifySignature(assertion, this.publicKeyOf(accountKey));
    const timestamp = headerTime(assertion, 'timestamp');
    if (timestamp && !isValidAt(accountKey, timestamp))
      throw refuse(
        assertion,
        `its timestamp is outside the life of the key that signs it, ${assertion.signKeyId}`,
      );
  }

  private publicKeyOf(accountKey: Assertion): KeyObject {
    const id = accountKey.primaryKey[0] ?? '';
    const known = this.publicKeys.get(id);
    if (known) return known;
    const { keyObject } = decodePublicKey(accountKey.body);
    this.publicKeys.set(id, keyObject);
    return keyObject;
  }

  private async findKnown(type: string, primaryKey: readonly string[]): Promise<Assertion | undefined> {
    const verified = this.verified.get([type, ...primaryKey].join('/'));
    return (
      verified ??
      this.context.roots.find(type, primaryKey) ??
      (await this.context.stored.find(type, primaryKey))
    );
  }

  private async findNamed(accountId: string, name: string): Promise<Assertion[]> {
    const verified = [...this.verified.values()].filter(
      ({ type, headers }) =>
        type.name === 'account-key' && headers['account-id'] === accountId && headers['name'] === name,
    );
    return [...verified, ...(await this.context.stored.findAccountKeysNamed(accountId, name))];
  }
}
