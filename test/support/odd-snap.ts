import type { Assertion, HeaderMap } from '../../src/assertions/format/assertion.js';
import { sha3_384 } from '../../src/common/crypto/digest.js';
import { squashfsImage } from './squashfs-image.js';
import type { TestStoreStack } from './store-stack.js';
import { snapIdOf, type TestSnap } from './test-snaps.js';

const PUBLISHER_ID = 'odd-publisher';

/** What is unusual about a snap; the rest is as it should be. */
export interface OddSnap {
  readonly name: string;
  readonly revision?: number;
  readonly snapId?: string;
  /** Without it, an image that holds `snapYaml`. */
  readonly bytes?: Buffer;
  readonly snapYaml?: string;
  /** Headers of the account-key that signs declaration and revision. Without them, the store's key signs. */
  readonly key?: { readonly name: string } & HeaderMap;
  readonly declaration?: HeaderMap;
  readonly snapRevision?: HeaderMap;
}

/** A snap with all four assertions by name, so that a test can leave one out. */
export interface OddTestSnap extends TestSnap {
  readonly accountKey: Assertion;
  readonly account: Assertion;
}

/** The image of a snap that says no more than this. */
export function imageOf(snapYaml: string): Buffer {
  return squashfsImage({ 'meta/snap.yaml': Buffer.from(snapYaml) });
}

/** A snap with right or wrong assertions, for tests of what a store refuses. */
export function oddSnap(stack: TestStoreStack, odd: OddSnap): OddTestSnap {
  const { name, revision = 1, snapId = snapIdOf(name) } = odd;
  const bytes =
    odd.bytes ?? imageOf(odd.snapYaml ?? `name: ${name}\nversion: "${revision}"\narchitectures: [amd64]\n`);
  const file = { name, revision, snapId, digest: sha3_384(bytes), sizeBytes: bytes.length };
  // One key for each kind of account-key: two different ones of the same key would contradict each other.
  const key = odd.key ? stack.key(`odd ${odd.key.name}`) : stack.storeKey;
  const accountKey = odd.key
    ? stack.accountKey(stack.authorityId, odd.key.name, key, { headers: odd.key })
    : stack.storeAccountKey;
  const account = stack.account(PUBLISHER_ID);
  const declaration = stack.snapDeclaration(
    { snapId, name, publisherId: PUBLISHER_ID },
    { key, headers: odd.declaration ?? {} },
  );
  const snapRevision = stack.snapRevision(
    { ...file, developerId: PUBLISHER_ID },
    { key, headers: odd.snapRevision ?? {} },
  );
  const assertions = [accountKey, account, declaration, snapRevision];
  return { ...file, bytes, declaration, snapRevision, accountKey, account, assertions };
}
