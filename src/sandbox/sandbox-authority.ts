import type { KeyObject } from 'node:crypto';
import type { Assertion, HeaderMap } from '../assertions/format/assertion.js';
import { encodePublicKey } from '../assertions/format/keys.js';
import { signAssertion } from '../assertions/format/sign.js';
import { digestToBase64url } from '../common/crypto/digest.js';
import { generateRsaKey } from '../common/crypto/rsa-key.js';
import { SERIES } from '../common/domain/words.js';

/** The shortest length that the store accepts; such a key is generated quickly. */
const KEY_BITS = 2_048;

/** The date of everything that a sandbox signs, so that its keys are never younger than what they sign. */
const SINCE = '2026-01-01T00:00:00Z';

/** The two keys of an authority; with the same keys, the authority stays the same. */
export interface AuthorityKeys {
  readonly root: KeyObject;
  readonly store: KeyObject;
}

/** A snap as the sandbox declares it. */
export interface SandboxSnap {
  readonly snapId: string;
  readonly name: string;
  readonly revision: number;
  /** SHA3-384 of the file, 48 bytes. */
  readonly digest: Buffer;
  readonly sizeBytes: number;
}

/** A component as the sandbox declares it: a file of a snap, with its own name and revisions. */
export type SandboxComponent = SandboxSnap;

/**
 * A separate root with a store account below it, which signs what the official store would sign.
 * Its signatures are trusted only if `proxy.trusted-assertions` names its root.
 */
export class SandboxAuthority {
  /** The root's account and account-key, for `proxy.trusted-assertions`. */
  readonly root: readonly Assertion[];
  /** The account-key that signs everything else; it is part of every chain. */
  readonly storeKey: Assertion;
  private readonly rootPrivateKey: KeyObject;
  private readonly storePrivateKey: KeyObject;

  /**
   * @param accountId - account-id of the root, such as `sandbox-root`
   * @param keys - RSA keys; if undefined, new ones are generated
   */
  constructor(
    private readonly accountId: string,
    keys: AuthorityKeys = { root: newKey(), store: newKey() },
  ) {
    this.rootPrivateKey = keys.root;
    this.storePrivateKey = keys.store;
    const rootAccount = this.sign(
      'account',
      { 'account-id': accountId, 'display-name': 'Sandbox', validation: 'verified', timestamp: SINCE },
      this.rootPrivateKey,
    );
    this.root = [rootAccount, this.accountKey('root', this.rootPrivateKey)];
    this.storeKey = this.accountKey('store', this.storePrivateKey);
  }

  account(accountId: string, displayName: string): Assertion {
    return this.sign('account', {
      'account-id': accountId,
      'display-name': displayName,
      username: accountId,
      validation: 'unproven',
      timestamp: SINCE,
    });
  }

  /** @param again - for a store that is registered again: the assertion revision and the time, in RFC 3339 */
  store(
    storeId: string,
    operatorId: string,
    url: string,
    { assertionRevision = 0, timestamp = SINCE }: { assertionRevision?: number; timestamp?: string } = {},
  ): Assertion {
    const revision = String(assertionRevision);
    return this.sign('store', { store: storeId, 'operator-id': operatorId, url, revision, timestamp });
  }

  snapDeclaration(snap: SandboxSnap, publisherId: string): Assertion {
    return this.sign('snap-declaration', {
      series: SERIES,
      'snap-id': snap.snapId,
      'snap-name': snap.name,
      'publisher-id': publisherId,
      timestamp: SINCE,
    });
  }

  snapRevision(snap: SandboxSnap, developerId: string): Assertion {
    return this.sign('snap-revision', {
      'snap-sha3-384': digestToBase64url(snap.digest),
      'snap-id': snap.snapId,
      'snap-revision': String(snap.revision),
      'snap-size': String(snap.sizeBytes),
      'developer-id': developerId,
      timestamp: SINCE,
    });
  }

  snapResourceRevision(component: SandboxComponent, developerId: string): Assertion {
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
    { snapId, name, revision }: SandboxComponent,
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

  private accountKey(name: string, key: KeyObject): Assertion {
    const { id, encoded } = encodePublicKey(key);
    const headers = { 'public-key-sha3-384': id, 'account-id': this.accountId, name, since: SINCE };
    return this.sign('account-key', headers, this.rootPrivateKey, encoded);
  }

  private sign(
    type: string,
    headers: HeaderMap,
    privateKey: KeyObject = this.storePrivateKey,
    body?: Buffer,
  ): Assertion {
    return signAssertion({
      type,
      headers: { 'authority-id': this.accountId, ...headers },
      privateKey,
      // A fixed date makes the same bytes each time, as if the store kept its signed assertions.
      timestamp: new Date(SINCE),
      ...(body && { body }),
    });
  }
}

function newKey(): KeyObject {
  return generateRsaKey(KEY_BITS);
}
