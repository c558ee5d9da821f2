import type { KeyObject } from 'node:crypto';
import type { Assertion, HeaderMap } from '../../src/assertions/format/assertion.js';
import { encodePublicKey } from '../../src/assertions/format/keys.js';
import { signAssertion } from '../../src/assertions/format/sign.js';
import { isKeyNamed, type AssertionLookup } from '../../src/assertions/trust/assertion-lookup.js';
import { neededBy } from '../../src/assertions/trust/prerequisite-walk.js';
import { referenceKey, referenceOf } from '../../src/assertions/trust/reference.js';
import { digestToBase64url } from '../../src/common/crypto/digest.js';
import { generateRsaKey } from '../../src/common/crypto/rsa-key.js';

const keyPairs = new Map<string, KeyObject>();

/** A private key by any label, made once in a process: the same label is the same key. */
export function testKey(label: string, bits = 2_048): KeyObject {
  const known = keyPairs.get(`${bits}/${label}`);
  if (known) return known;
  const privateKey = generateRsaKey(bits);
  keyPairs.set(`${bits}/${label}`, privateKey);
  return privateKey;
}

export interface StoreStackOptions {
  /** The root's account. */
  readonly authorityId?: string;
  /** Of every key; 1024 is enough for what no device reads. */
  readonly keyBits?: number;
  /** When all keys begin to be valid. */
  readonly since?: string;
  /** When everything else is dated. */
  readonly timestamp?: string;
}

/** What is signed with, and further headers, which replace the sensible ones. */
export interface SigningOptions {
  readonly key?: KeyObject;
  readonly headers?: HeaderMap;
  readonly body?: Buffer;
}

/**
 * A root, a store below it, and everything that they sign, for tests.
 *
 * @see snapcore/snapd: asserts/assertstest/assertstest.go, StoreStack
 */
export class TestStoreStack {
  readonly authorityId: string;
  readonly rootKey: KeyObject;
  readonly storeKey: KeyObject;
  readonly rootAccount: Assertion;
  readonly rootAccountKey: Assertion;
  readonly storeAccountKey: Assertion;
  private readonly made = new Map<string, Assertion>();
  private readonly keyBits: number;
  private readonly since: string;
  private readonly timestamp: string;

  constructor(options: StoreStackOptions = {}) {
    this.authorityId = options.authorityId ?? 'test-authority';
    this.keyBits = options.keyBits ?? 2_048;
    this.since = options.since ?? '2026-01-01T00:00:00Z';
    this.timestamp = options.timestamp ?? '2026-02-01T00:00:00Z';
    this.rootKey = this.key('root');
    this.storeKey = this.key('store');
    this.rootAccount = this.account(this.authorityId, { key: this.rootKey });
    this.rootAccountKey = this.accountKey(this.authorityId, 'root', this.rootKey);
    this.storeAccountKey = this.accountKey(this.authorityId, 'store', this.storeKey);
  }

  /** What a store must trust to believe the others. */
  trusted(): Assertion[] {
    return [this.rootAccount, this.rootAccountKey];
  }

  /** A key of this stack, by any label. */
  key(label: string): KeyObject {
    return testKey(`${this.authorityId}/${label}`, this.keyBits);
  }

  /** Signs anything for the root's account, by default with the store's key. */
  sign(type: string, headers: HeaderMap, { key, headers: more, body }: SigningOptions = {}): Assertion {
    const assertion = signAssertion({
      type,
      headers: { 'authority-id': this.authorityId, ...headers, ...more },
      privateKey: key ?? this.storeKey,
      ...(body && { body }),
    });
    this.made.set(referenceOf(assertion), assertion);
    return assertion;
  }

  account(accountId: string, options?: SigningOptions): Assertion {
    const headers = { 'account-id': accountId, username: accountId, 'display-name': `The ${accountId}` };
    return this.sign('account', { ...headers, validation: 'unproven', timestamp: this.since }, options);
  }

  /** Certifies a key; signed by the root. */
  accountKey(accountId: string, name: string, certified: KeyObject, options?: SigningOptions): Assertion {
    const { id, encoded } = encodePublicKey(certified);
    const headers = { 'public-key-sha3-384': id, 'account-id': accountId, name, since: this.since };
    return this.sign('account-key', headers, { key: this.rootKey, body: encoded, ...options });
  }

  store(
    { store, url, operatorId = 'operator' }: { store: string; url?: string; operatorId?: string },
    options?: SigningOptions,
  ): Assertion {
    this.ensureAccount(operatorId);
    const headers = { store, 'operator-id': operatorId, timestamp: this.timestamp };
    return this.sign('store', { ...headers, ...(url !== undefined && { url }) }, options);
  }

  snapDeclaration(
    { snapId, name, publisherId = 'publisher' }: { snapId: string; name: string; publisherId?: string },
    options?: SigningOptions,
  ): Assertion {
    this.ensureAccount(publisherId);
    const headers = { series: '16', 'snap-id': snapId, 'snap-name': name, 'publisher-id': publisherId };
    return this.sign('snap-declaration', { ...headers, timestamp: this.timestamp }, options);
  }

  /** @param snap - digest: SHA3-384 of the file, 48 bytes */
  snapRevision(
    snap: { snapId: string; revision: number; digest: Buffer; sizeBytes: number; developerId?: string },
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
      timestamp: this.timestamp,
    };
    return this.sign('snap-revision', headers, options);
  }

  /** A model of Core 18, by the brand itself. */
  model({ brandId = 'brand', model = 'my-model' } = {}, options?: SigningOptions): Assertion {
    const headers = { series: '16', model, architecture: 'amd64', base: 'core18' };
    const snaps = { gadget: 'pc=18', kernel: 'pc-kernel=18', timestamp: this.timestamp };
    return this.signByBrand('model', brandId, { 'brand-id': brandId, ...headers, ...snaps }, options);
  }

  serial(
    { brandId = 'brand', model = 'my-model', serial = 'serial-1', deviceKey = this.key('device') } = {},
    options?: SigningOptions,
  ): Assertion {
    const { id, encoded } = encodePublicKey(deviceKey);
    const device = { 'device-key': encoded.toString(), 'device-key-sha3-384': id };
    const headers = { 'brand-id': brandId, model, serial, ...device, timestamp: this.timestamp };
    return this.signByBrand('serial', brandId, headers, options);
  }

  validationSet(
    {
      accountId = 'brand',
      name = 'my-set',
      sequence = 1,
      snaps,
    }: { accountId?: string; name?: string; sequence?: number; snaps: readonly HeaderMap[] },
    options?: SigningOptions,
  ): Assertion {
    const key = { series: '16', 'account-id': accountId, name, sequence: String(sequence) };
    return this.signByBrand(
      'validation-set',
      accountId,
      { ...key, snaps, timestamp: this.timestamp },
      options,
    );
  }

  /** Signs with a brand's own key, which it certifies if need be. */
  signByBrand(type: string, brandId: string, headers: HeaderMap, options?: SigningOptions): Assertion {
    this.ensureAccount(brandId);
    const key = this.key(`brand ${brandId}`);
    if (!this.find('account-key', [encodePublicKey(key).id])) this.accountKey(brandId, 'default', key);
    return this.sign(type, { 'authority-id': brandId, ...headers }, { key, ...options });
  }

  /**
   * What these assertions need of what this stack has made, each before what needs it, and then
   * themselves: a stream that whoever trusts the root believes.
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

/** A store that holds these, as a lookup. */
export function lookupOf(assertions: readonly Assertion[]): AssertionLookup {
  const byReference = new Map(assertions.map((assertion) => [referenceOf(assertion), assertion]));
  return {
    find: (type, primaryKey) => Promise.resolve(byReference.get(referenceKey({ type, primaryKey }))),
    findAccountKeysNamed: (accountId, name) =>
      Promise.resolve(
        [...byReference.values()].filter((assertion) => isKeyNamed(assertion, accountId, name)),
      ),
  };
}
