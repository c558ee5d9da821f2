import type { KeyObject } from 'node:crypto';
import type { Assertion, HeaderMap } from '../../src/assertions/format/assertion.js';
import { encodePublicKey } from '../../src/assertions/format/keys.js';
import { signAssertion } from '../../src/assertions/format/sign.js';
import { encodeStream } from '../../src/assertions/format/stream.js';
import { digestToBase64url, sha3_384 } from '../../src/common/crypto/digest.js';
import { generateRsaKey } from '../../src/common/crypto/rsa-key.js';
import { squashfsImage } from './squashfs-image.js';
import type { TestSnap } from './test-snaps.js';

const SINCE = '2026-01-01T00:00:00Z';
const ROOT_ID = 'odd-root';
const PUBLISHER_ID = 'odd-publisher';

/** What is unusual about a snap; the rest is as it should be. */
export interface OddSnap {
  readonly name: string;
  readonly revision?: number;
  readonly snapId?: string;
  /** Without it, an image that holds `snapYaml`. */
  readonly bytes?: Buffer;
  readonly snapYaml?: string;
  /** Headers of the account-key that signs declaration and revision. */
  readonly key?: HeaderMap;
  readonly declaration?: HeaderMap;
  readonly snapRevision?: HeaderMap;
}

/** A snap with all four assertions by name, so that a test can leave one out. */
export interface OddTestSnap extends TestSnap {
  readonly accountKey: Assertion;
  readonly account: Assertion;
}

interface SigningKey {
  readonly key: KeyObject;
  readonly accountKey: Assertion;
}

/** The image of a snap that says no more than this. */
export function imageOf(snapYaml: string): Buffer {
  return squashfsImage({ 'meta/snap.yaml': Buffer.from(snapYaml) });
}

/** A 32-character snap-id that is the name's. */
export function idOf(name: string): string {
  return name
    .replaceAll(/[^a-zA-Z0-9]/g, '')
    .padEnd(32, 'y')
    .slice(0, 32);
}

/** A root that signs anything, right or wrong, for tests of what a store refuses. */
export class TestAuthority {
  private readonly rootKey = newKey();
  private readonly keys = new Map<string, SigningKey>();
  readonly account = this.sign('account', accountHeaders(PUBLISHER_ID), this.rootKey);
  readonly root: Buffer = encodeStream([
    this.sign('account', accountHeaders(ROOT_ID), this.rootKey),
    this.accountKey({ name: 'root' }, this.rootKey),
  ]);

  /** Signs as the root's account. */
  sign(type: string, headers: HeaderMap, privateKey: KeyObject, body?: Buffer): Assertion {
    return signAssertion({
      type,
      headers: { 'authority-id': ROOT_ID, ...headers },
      privateKey,
      ...(body && { body }),
    });
  }

  /** An account-key of the root's account, unless the headers name another. */
  accountKey(headers: HeaderMap, key: KeyObject): Assertion {
    const { id, encoded } = encodePublicKey(key);
    const all = { 'public-key-sha3-384': id, 'account-id': ROOT_ID, since: SINCE, ...headers };
    return this.sign('account-key', all, this.rootKey, encoded);
  }

  snap(odd: OddSnap): OddTestSnap {
    const { name, revision = 1, snapId = idOf(name) } = odd;
    const bytes =
      odd.bytes ?? imageOf(odd.snapYaml ?? `name: ${name}\nversion: "${revision}"\narchitectures: [amd64]\n`);
    const { key, accountKey } = this.keyFor(odd.key);
    const digest = sha3_384(bytes);
    const declaration = this.sign(
      'snap-declaration',
      {
        series: '16',
        'snap-id': snapId,
        'snap-name': name,
        'publisher-id': PUBLISHER_ID,
        timestamp: SINCE,
        ...odd.declaration,
      },
      key,
    );
    const snapRevision = this.sign(
      'snap-revision',
      {
        'snap-sha3-384': digestToBase64url(digest),
        'snap-id': snapId,
        'snap-revision': String(revision),
        'snap-size': String(bytes.length),
        'developer-id': PUBLISHER_ID,
        timestamp: SINCE,
        ...odd.snapRevision,
      },
      key,
    );
    return {
      name,
      revision,
      snapId,
      digest,
      sizeBytes: bytes.length,
      bytes,
      declaration,
      snapRevision,
      accountKey,
      account: this.account,
      assertions: [accountKey, this.account, declaration, snapRevision],
    };
  }

  /** One key for each kind of account-key: two different ones of the same key would contradict each other. */
  private keyFor(headers: HeaderMap = {}): SigningKey {
    const kind = JSON.stringify(headers);
    const known = this.keys.get(kind);
    if (known) return known;
    const key = newKey();
    const made = { key, accountKey: this.accountKey({ name: `key${this.keys.size}`, ...headers }, key) };
    this.keys.set(kind, made);
    return made;
  }
}

function accountHeaders(accountId: string): HeaderMap {
  return {
    'account-id': accountId,
    'display-name': accountId,
    username: accountId,
    validation: 'unproven',
    timestamp: SINCE,
  };
}

function newKey(): KeyObject {
  return generateRsaKey(2_048);
}
