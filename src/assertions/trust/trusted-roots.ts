import { StoreError } from '../../common/errors.js';
import type { Assertion } from '../format/assertion.js';
import { decodeAssertion } from '../format/decode.js';
import { headerText } from '../format/header-text.js';
import { decodePublicKey } from '../format/keys.js';
import { verifySignature } from '../format/verify.js';
import { isKeyNamed } from './assertion-lookup.js';
import {
  CANONICAL_ACCOUNT,
  CANONICAL_ROOT_KEY,
  GENERIC_ACCOUNT,
  GENERIC_MODELS_KEY,
} from './canonical-roots.js';
import { referenceKey, referenceOf } from './reference.js';

function invalid(why: string): StoreError {
  return new StoreError('invalid-assertion', `cannot trust these assertions: ${why}`);
}

function decodeText(text: string): Assertion {
  return decodeAssertion(Buffer.from(text));
}

/** Canonical's production root: the account and its key. */
export function canonicalRoots(): Assertion[] {
  return [CANONICAL_ACCOUNT, CANONICAL_ROOT_KEY].map(decodeText);
}

function ownerOf(accountKey: Assertion | undefined): string {
  return accountKey === undefined ? '' : headerText(accountKey, 'account-id');
}

/** Signed by a key among the roots that belongs to the account that it names as its authority. */
function checkSignedWithin(assertion: Assertion, keys: ReadonlyMap<string, Assertion>): void {
  const { signKeyId, authorityId } = assertion;
  const signer = keys.get(signKeyId);
  if (!signer) throw invalid(`${referenceOf(assertion)} is signed by ${signKeyId}, which is not among them`);
  if (ownerOf(signer) !== authorityId)
    throw invalid(`${referenceOf(assertion)} names ${authorityId}, but a key of ${ownerOf(signer)} signs it`);
  verifySignature(assertion, decodePublicKey(signer.body).keyObject);
}

/**
 * Checks that a stream is a valid root: accounts, and account-keys of these accounts that these keys sign.
 *
 * @returns the same assertions
 * @throws StoreError `invalid-assertion` if it contains anything else, or a key that does not belong to one of
 *   its own accounts
 */
export function trustedRootsFrom(assertions: readonly Assertion[]): Assertion[] {
  const byReference = new Map(assertions.map((assertion) => [referenceOf(assertion), assertion]));
  if (byReference.size < assertions.length) throw invalid('one of them occurs twice');
  const keys = new Map<string, Assertion>();
  for (const assertion of assertions) {
    const { type, primaryKey } = assertion;
    if (type.name !== 'account' && type.name !== 'account-key')
      throw invalid(`a root has accounts and account-keys, not a ${type.name}`);
    if (type.name === 'account-key') keys.set(primaryKey.join('/'), assertion);
  }
  if (keys.size === 0) throw invalid('there is no account-key among them');
  for (const key of keys.values())
    if (!byReference.has(`account/${ownerOf(key)}`))
      throw invalid(`the account ${ownerOf(key)} of ${referenceOf(key)} is missing`);
  for (const assertion of assertions) checkSignedWithin(assertion, keys);
  return [...assertions];
}

/** The assertions that are trusted without verification, and those that every device knows. */
export class TrustedRoots {
  private readonly trusted = new Map<string, Assertion>();
  private readonly predefined = new Map<string, Assertion>();

  private constructor(trusted: readonly Assertion[], predefined: readonly Assertion[]) {
    for (const assertion of trusted) this.trusted.set(referenceOf(assertion), assertion);
    for (const assertion of predefined) this.predefined.set(referenceOf(assertion), assertion);
  }

  /** Canonical's root, and further ones, which cannot replace Canonical's. */
  static withCanonical(added: readonly Assertion[]): TrustedRoots {
    return new TrustedRoots(
      [...added, ...canonicalRoots()],
      [GENERIC_ACCOUNT, GENERIC_MODELS_KEY].map(decodeText),
    );
  }

  /** A trusted or predefined assertion. */
  find(type: string, primaryKey: readonly string[]): Assertion | undefined {
    const reference = referenceKey({ type, primaryKey });
    return this.trusted.get(reference) ?? this.predefined.get(reference);
  }

  findAccountKeysNamed(accountId: string, name: string): Assertion[] {
    return [...this.trusted.values(), ...this.predefined.values()].filter((assertion) =>
      isKeyNamed(assertion, accountId, name),
    );
  }

  isTrusted(type: string, primaryKey: readonly string[]): boolean {
    return this.trusted.has(referenceKey({ type, primaryKey }));
  }

  /** Whether an account may sign what only a trusted one can. */
  isTrustedAccount(accountId: string | undefined): boolean {
    return accountId !== undefined && this.isTrusted('account', [accountId]);
  }
}
