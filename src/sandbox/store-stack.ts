import type { KeyObject } from 'node:crypto';
import type { Assertion, HeaderMap } from '../assertions/format/assertion.js';
import { encodePublicKey } from '../assertions/format/keys.js';
import { signAssertion } from '../assertions/format/sign.js';
import { neededBy } from '../assertions/trust/prerequisite-walk.js';
import { referenceKey, referenceOf } from '../assertions/trust/reference.js';
import { digestToBase64url } from '../common/crypto/digest.js';
import { generateRsaKey, MIN_RSA_BITS } from '../common/crypto/rsa-key.js';
import { SERIES } from '../common/domain/words.js';

/** The date of everything that a stack signs, so that its keys are never younger than what they sign. */
export const SINCE = '2026-01-01T00:00:00Z';

/** Headers of the roots of the sandbox and of the demo. */
export const SANDBOX_ROOT: HeaderMap = { 'display-name': 'Sandbox' };

/** The private RSA key of a label. The same label is always the same key. */
export type StackKeys = (label: string) => KeyObject;

export interface StoreStackOptions {
  /** The root's account. */
  readonly authorityId: string;
  /** Headers of the root's account, which replace the default ones. */
  readonly rootHeaders?: HeaderMap;
  /** With the same keys, a stack signs the same bytes. If undefined, new keys are generated. */
  readonly keys?: StackKeys;
  /** The root signs everything with its only key, as a brand does that is trusted itself. */
  readonly hasOneKey?: boolean;
}

/** The key to sign with, and more headers, which replace the default ones. */
export interface SigningOptions {
  readonly key?: KeyObject;
  readonly headers?: HeaderMap;
  readonly body?: Buffer;
}

/** A snap file or a component file: what is signed about it. */
export interface SignedSnapFile {
  readonly snapId: string;
  /** The name of the snap, or of the component. */
  readonly name: string;
  readonly revision: number;
  /** SHA3-384 of the file, 48 bytes. */
  readonly digest: Buffer;
  readonly sizeBytes: number;
}

/** New keys of the shortest length that the store accepts; they are generated quickly. */
function newKeys(): StackKeys {
  const keys = new Map<string, KeyObject>();
  return (label) => {
    const key = keys.get(label) ?? generateRsaKey(MIN_RSA_BITS);
    keys.set(label, key);
    return key;
  };
}

/**
 * A separate root with a store account-key below it, which signs what the official store and its brands sign.
 * Its signatures are trusted only if `proxy.trusted-assertions` names its root.
 *
 * @see snapcore/snapd: asserts/assertstest/assertstest.go, StoreStack
 */
export class StoreStack {
  readonly authorityId: string;
  readonly key: StackKeys;
  readonly rootKey: KeyObject;
  readonly storeKey: KeyObject;
  readonly rootAccount: Assertion;
  readonly rootAccountKey: Assertion;
  /** The account-key that signs everything else; it is part of every chain. */
  readonly storeAccountKey: Assertion;
  private readonly made = new Map<string, Assertion>();

  constructor({ authorityId, rootHeaders, keys, hasOneKey }: StoreStackOptions) {
    this.authorityId = authorityId;
    this.key = keys ?? newKeys();
    this.rootKey = this.key('root');
    this.storeKey = hasOneKey ? this.rootKey : this.key('store');
    const headers = rootHeaders ?? { 'display-name': `The ${authorityId}`, username: authorityId };
    this.rootAccount = this.sign(
      'account',
      { 'account-id': authorityId, validation: 'verified', timestamp: SINCE },
      { key: this.rootKey, headers },
    );
    this.rootAccountKey = this.accountKey(authorityId, 'root', this.rootKey);
    this.storeAccountKey = hasOneKey
      ? this.rootAccountKey
      : this.accountKey(authorityId, 'store', this.storeKey);
  }

  /** What a store or a device must trust to accept the others. */
  trusted(): Assertion[] {
    return [this.rootAccount, this.rootAccountKey];
  }

  /** Signs anything for the root's account, by default with the store's key. */
  sign(type: string, headers: HeaderMap, { key, headers: more, body }: SigningOptions = {}): Assertion {
    const assertion = signAssertion({
      type,
      headers: { 'authority-id': this.authorityId, ...headers, ...more },
      privateKey: key ?? this.storeKey,
      // A fixed date makes the same bytes each time, as if the store kept its signed assertions.
      timestamp: new Date(SINCE),
      ...(body && { body }),
    });
    this.made.set(referenceOf(assertion), assertion);
    return assertion;
  }

  account(accountId: string, options?: SigningOptions): Assertion {
    const headers = { 'account-id': accountId, username: accountId, 'display-name': `The ${accountId}` };
    return this.sign('account', { ...headers, validation: 'unproven', timestamp: SINCE }, options);
  }

  /** Certifies a key; signed by the root. */
  accountKey(accountId: string, name: string, certified: KeyObject, options?: SigningOptions): Assertion {
    const { id, encoded } = encodePublicKey(certified);
    const headers = { 'public-key-sha3-384': id, 'account-id': accountId, name, since: SINCE };
    return this.sign('account-key', headers, { key: this.rootKey, body: encoded, ...options });
  }

  store(
    { store, url, operatorId = 'operator' }: { store: string; url?: string; operatorId?: string },
    options?: SigningOptions,
  ): Assertion {
    this.ensureAccount(operatorId);
    const headers = { store, 'operator-id': operatorId, timestamp: SINCE };
    return this.sign('store', { ...headers, ...(url !== undefined && { url }) }, options);
  }

  snapDeclaration(
    { snapId, name, publisherId = 'publisher' }: { snapId: string; name: string; publisherId?: string },
    options?: SigningOptions,
  ): Assertion {
    this.ensureAccount(publisherId);
    const headers = { series: SERIES, 'snap-id': snapId, 'snap-name': name, 'publisher-id': publisherId };
    return this.sign('snap-declaration', { ...headers, timestamp: SINCE }, options);
  }

  snapRevision(
    snap: Omit<SignedSnapFile, 'name'> & { developerId?: string },
    options?: SigningOptions,
  ): Assertion {
    const { developerId = 'publisher' } = snap;
    this.ensureAccount(developerId);
    const headers = {
      'snap-sha3-384': digestToBase64url(snap.digest),
      'snap-id': snap.snapId,
      'snap-revision': String(snap.revision),
      'snap-size': String(snap.sizeBytes),
      'developer-id': developerId,
      timestamp: SINCE,
    };
    return this.sign('snap-revision', headers, options);
  }

  snapResourceRevision(component: SignedSnapFile, developerId: string): Assertion {
    return this.sign('snap-resource-revision', {
      'snap-id': component.snapId,
      'resource-name': component.name,
      'resource-sha3-384': digestToBase64url(component.digest),
      'resource-revision': String(component.revision),
      'resource-size': String(component.sizeBytes),
      'developer-id': developerId,
      timestamp: SINCE,
    });
  }

  /** @param snapRevision - the snap revision that the component's revision belongs to */
  snapResourcePair(
    { snapId, name, revision }: SignedSnapFile,
    snapRevision: number,
    developerId: string,
  ): Assertion {
    return this.sign('snap-resource-pair', {
      'snap-id': snapId,
      'resource-name': name,
      'resource-revision': String(revision),
      'snap-revision': String(snapRevision),
      'developer-id': developerId,
      timestamp: SINCE,
    });
  }

  /** Signs with the key of a brand; its account and its account-key are signed if they do not exist. */
  signByBrand(type: string, brandId: string, headers: HeaderMap, options?: SigningOptions): Assertion {
    if (brandId === this.authorityId) return this.sign(type, headers, options);
    this.ensureAccount(brandId);
    const key = this.key(`brand ${brandId}`);
    if (!this.find('account-key', [encodePublicKey(key).id])) this.accountKey(brandId, 'default', key);
    return this.sign(type, { 'authority-id': brandId, ...headers }, { key, ...options });
  }

  /**
   * These assertions and the ones of this stack that they need, each before the ones that need it: a stream that
   * is complete for everyone who trusts the root.
   */
  chain(...assertions: readonly Assertion[]): Assertion[] {
    const ordered = new Map<string, Assertion>();
    const visit = (assertion: Assertion): void => {
      const reference = referenceOf(assertion);
      if (ordered.has(reference) || this.trusted().includes(assertion)) return;
      for (const one of neededBy(assertion)) {
        const found = this.find(one.type, one.primaryKey);
        if (found) visit(found);
      }
      ordered.set(reference, assertion);
    };
    assertions.forEach(visit);
    return [...ordered.values()];
  }

  private find(type: string, primaryKey: readonly string[]): Assertion | undefined {
    return this.made.get(referenceKey({ type, primaryKey }));
  }

  private ensureAccount(accountId: string): void {
    if (!this.find('account', [accountId])) this.account(accountId);
  }
}
