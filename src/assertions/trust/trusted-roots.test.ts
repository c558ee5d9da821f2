import { describe, expect, it } from 'vitest';
import { lookupOf, TestStoreStack } from '../../../test/support/store-stack.js';
import type { Assertion } from '../format/assertion.js';
import { decodePublicKey } from '../format/keys.js';
import { verifySignature } from '../format/verify.js';
import { OverlayLookup } from './assertion-lookup.js';
import { referenceOf } from './reference.js';
import { canonicalRoots, TrustedRoots, trustedRootsFrom } from './trusted-roots.js';

const CANONICAL_KEY_ID = '-CvQKAwRQ5h3Ffn10FILJoEZUXOv6km9FwA80-Rcj-f-6jadQ89VRswHNiEB9Lxk';

const stack = new TestStoreStack({ keyBits: 1_024 });
const other = new TestStoreStack({ authorityId: 'other', keyBits: 1_024 });

describe('canonicalRoots', () => {
  it('is an account, and a key of 8192 bits that signs both', () => {
    const [account, key] = canonicalRoots();
    expect([account, key].map((one) => one && referenceOf(one))).toEqual([
      'account/canonical',
      `account-key/${CANONICAL_KEY_ID}`,
    ]);
    if (!account || !key) throw new Error('a root is missing');
    const { id, keyObject } = decodePublicKey(key.body);
    expect(id).toBe(CANONICAL_KEY_ID);
    expect(keyObject.asymmetricKeyDetails?.modulusLength).toBe(8_192);
    for (const assertion of [account, key]) expect(() => verifySignature(assertion, keyObject)).not.toThrow();
  });
});

describe('trustedRootsFrom', () => {
  it('accepts accounts with self-signed keys, and what these sign', () => {
    const all = [...stack.trusted(), stack.storeAccountKey, ...other.trusted()];
    expect(trustedRootsFrom(all)).toEqual(all);
  });

  const byOther = { key: other.rootKey };
  it.each<[string, Assertion[], string]>([
    ['nothing', [], 'no account-key'],
    ['an account without a key', [stack.rootAccount], 'no account-key'],
    ['a key without its account', [stack.rootAccountKey], 'the account test-authority'],
    ['the key of another account', [stack.rootAccount, other.rootAccountKey], 'the account other'],
    ['something else', [...stack.trusted(), stack.store({ store: 'acme' })], 'not a store'],
    ['a key that another one signs', [stack.rootAccount, stack.storeAccountKey], 'which is not among them'],
    ['the same twice', [...stack.trusted(), stack.rootAccount], 'twice'],
    [
      'an authority that another key signs',
      [...stack.trusted(), ...other.trusted(), new TestStoreStack({ keyBits: 1_024 }).account('x', byOther)],
      'a key of other signs it',
    ],
  ])('refuses %s', (_what, assertions, why) => {
    expect(() => trustedRootsFrom(assertions)).toThrow(why);
  });
});

describe('TrustedRoots', () => {
  it('trusts further roots, and knows the predefined without trusting them', () => {
    const roots = TrustedRoots.withCanonical(stack.trusted());
    expect(
      ['canonical', 'test-authority', 'generic', 'other'].map((id) => roots.isTrustedAccount(id)),
    ).toEqual([true, true, false, false]);
    expect(roots.find('account', ['generic'])).toBeDefined();
    expect(roots.findAccountKeysNamed('generic', 'models')).toHaveLength(1);
    expect(roots.isTrustedAccount(undefined)).toBe(false);
  });

  it('allows nothing to replace the root of Canonical', () => {
    const usurper = new TestStoreStack({ authorityId: 'canonical', keyBits: 1_024 });
    const roots = TrustedRoots.withCanonical(usurper.trusted());
    expect(roots.find('account', ['canonical'])?.bytes).toEqual(canonicalRoots()[0]?.bytes);
  });
});

describe('OverlayLookup', () => {
  it('hides the assertions below, under the old name of a key too', async () => {
    const { body } = stack.storeAccountKey;
    const headers = { revision: '1', name: 'renamed' };
    const renamed = stack.accountKey(stack.authorityId, 'x', stack.storeKey, {
      key: stack.rootKey,
      body,
      headers,
    });
    const below = lookupOf([stack.storeAccountKey, stack.rootAccountKey]);
    const lookup = new OverlayLookup(new Map([[referenceOf(renamed), renamed]]), below);
    expect(await lookup.find('account-key', renamed.primaryKey)).toBe(renamed);
    expect(await lookup.findAccountKeysNamed(stack.authorityId, 'store')).toEqual([]);
    expect(await lookup.findAccountKeysNamed(stack.authorityId, 'renamed')).toEqual([renamed]);
    expect(await lookup.findAccountKeysNamed(stack.authorityId, 'root')).toEqual([stack.rootAccountKey]);
  });
});
