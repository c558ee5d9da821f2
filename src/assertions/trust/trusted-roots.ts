import { StoreError } from '../../common/errors.js';
import type { Assertion } from '../format/assertion.js';
import { decodeAssertion } from '../format/decode.js';
import { decodePublicKey } from '../format/keys.js';
import { verifySignature } from '../format/verify.js';
import {
  CANONICAL_ACCOUNT,
  CANONICAL_ROOT_KEY,
  GENERIC_ACCOUNT,
  GENERIC_MODELS_KEY,
} from './canonical-roots.js';
import { referenceOf } from './reference.js';

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

/**
 * Checks that a stream is what a root is made of: accounts, and account-keys of these accounts that
 * these keys sign.
 *
 * @returns the same assertions
 * @throws StoreError `invalid-assertion` where it holds anything else, or a key that is not one of its own accounts'
 */
export function trustedRootsFrom(assertions: readonly Assertion[]): Assertion[] {
  const accounts = new Set(
    assertions.filter(({ type }) => type.name === 'account').map(({ primaryKey }) => primaryKey[0]),
  );
  const keys = new Map(
    assertions
      .filter(({ type }) => type.name === 'account-key')
      .map((key) => [key.primaryKey[0], decodePublicKey(key.body)]),
  );
  if (keys.size === 0) throw invalid('there is no account-key among them');
  for (const assertion of assertions) {
    const { type, headers, signKeyId } = assertion;
    if (type.name !== 'account' && type.name !== 'account-key')
      throw invalid(`a root has accounts and account-keys, not a ${type.name}`);
    if (type.name === 'account-key' && !accounts.has(String(headers['account-id'])))
      throw invalid(`the account ${String(headers['account-id'])} of ${referenceOf(assertion)} is missing`);
    const signer = keys.get(signKeyId);
    if (!signer)
      throw invalid(`${referenceOf(assertion)} is signed by ${signKeyId}, which is not among them`);
    verifySignature(assertion, signer.keyObject);
  }
  return [...assertions];
}

/** What is believed without proof, and what every device knows besides. */
export class TrustedRoots {
  private readonly trusted = new Map<string, Assertion>();
  private readonly predefined = new Map<string, Assertion>();

  private constructor(trusted: readonly Assertion[], predefined: readonly Assertion[]) {
    for (const assertion of trusted) this.trusted.set(referenceOf(assertion), assertion);
    for (const assertion of predefined) this.predefined.set(referenceOf(assertion), assertion);
  }

  /** Canonical's root, and further ones. */
  static withCanonical(added: readonly Assertion[]): TrustedRoots {
    return new TrustedRoots(
      [...canonicalRoots(), ...added],
      [GENERIC_ACCOUNT, GENERIC_MODELS_KEY].map(decodeText),
    );
  }

  /** A trusted or predefined assertion. */
  find(type: string, primaryKey: readonly string[]): Assertion | undefined {
    const reference = [type, ...primaryKey].join('/');
    return this.trusted.get(reference) ?? this.predefined.get(reference);
  }

  isTrusted(type: string, primaryKey: readonly string[]): boolean {
    return this.trusted.has([type, ...primaryKey].join('/'));
  }

  /** Whether an account may vouch for what only a trusted one can. */
  isTrustedAccount(accountId: string | undefined): boolean {
    return accountId !== undefined && this.isTrusted('account', [accountId]);
  }
}
