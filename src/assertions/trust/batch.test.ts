import { describe, expect, it } from 'vitest';
import { rewrap } from '../../../test/support/rewrap.js';
import { lookupOf, TestStoreStack } from '../../../test/support/store-stack.js';
import type { Assertion } from '../format/assertion.js';
import { decodeAssertion } from '../format/decode.js';
import { publicKeyId } from '../format/keys.js';
import { signAssertion } from '../format/sign.js';
import { AssertionBatch, checkBatch, type BatchContext } from './batch.js';
import { TrustedRoots } from './trusted-roots.js';

const SNAP_ID = 's'.repeat(32);
const SNAP = { snapId: SNAP_ID, revision: 7, digest: Buffer.alloc(48, 1), sizeBytes: 4_096 };
const NOW = new Date('2026-06-01T00:00:00Z');

const stack = new TestStoreStack({ keyBits: 1_024 });
stack.snapDeclaration({ snapId: SNAP_ID, name: 'hello' });
const snapRevision = stack.snapRevision(SNAP);
const chain = stack.chain(snapRevision);
const roots = TrustedRoots.withCanonical(stack.trusted());

function contextOf(stored: readonly Assertion[] = [], more: Partial<BatchContext> = {}): BatchContext {
  return { roots, stored: lookupOf(stored), now: NOW, ...more };
}

const typesOf = (assertions: readonly Assertion[]): string[] => assertions.map(({ type }) => type.name);

describe('AssertionBatch', () => {
  it('verifies a chain in any order, each after its prerequisites', async () => {
    const expected = ['account-key', 'account', 'snap-declaration', 'snap-revision'];
    expect(typesOf(chain)).toEqual(expected);
    expect(typesOf(await checkBatch(chain, contextOf()))).toEqual(expected);
    const reversed = await checkBatch(chain.toReversed(), contextOf());
    expect(new Set(reversed)).toEqual(new Set(chain));
    expect(reversed.indexOf(snapRevision)).toBe(3);
  });

  it.each(chain.slice(0, -1).map((assertion) => [assertion.type.name, assertion] as const))(
    'names the missing %s',
    async (name, left) => {
      const rest = chain.filter((assertion) => assertion !== left);
      const missing = `missing ${name} ${left.primaryKey.join('/')}`;
      await expect(checkBatch(rest, contextOf())).rejects.toThrow(missing);
      expect(await checkBatch(rest, contextOf([left]))).toHaveLength(3);
    },
  );

  it('verifies what it can, and the rest after it has arrived', async () => {
    const batch = new AssertionBatch();
    const settled: number[][] = [];
    for (const assertion of [snapRevision, ...chain.slice(0, -1)]) {
      batch.add(assertion);
      const { verified, unresolved } = await batch.verify(contextOf());
      settled.push([verified.length, unresolved.length]);
    }
    expect(settled).toEqual([
      [0, 1],
      [1, 1],
      [2, 1],
      [4, 0],
    ]);
  });

  it('verifies everything again when a newer revision arrives', async () => {
    const batch = new AssertionBatch();
    for (const assertion of chain) batch.add(assertion);
    expect((await batch.verify(contextOf())).verified).toHaveLength(4);
    // The same keys, with new memory of their signatures.
    const later = new TestStoreStack({ keyBits: 1_024 });
    batch.add(
      later.accountKey(stack.authorityId, 'store', stack.storeKey, {
        key: stack.rootKey,
        headers: { revision: '1', until: '2026-01-02T00:00:00Z' },
        body: stack.storeAccountKey.body,
      }),
    );
    await expect(batch.verify(contextOf())).rejects.toThrow('is not valid now');
  });

  it('accepts copies of roots and predefined assertions as known, and refuses changed ones', async () => {
    const stranger = new TestStoreStack({ authorityId: stack.authorityId, keyBits: 1_024 });
    const forged = stranger.account(stack.authorityId, {
      key: stack.key('stranger'),
      headers: { revision: '9' },
    });
    const predefined = [
      roots.find('account', ['generic']),
      ...roots.findAccountKeysNamed('generic', 'models'),
    ];
    for (const original of [...stack.trusted(), ...predefined]) {
      if (!original) throw new Error('a root is missing');
      expect(await checkBatch([original], contextOf())).toEqual([]);
      const changed = forge(original, /(timestamp|since): 20/, '$1: 19');
      await expect(checkBatch([changed], contextOf())).rejects.toThrow(
        'it is a changed copy of a trusted root',
      );
    }
    await expect(checkBatch([...stack.trusted(), forged], contextOf())).rejects.toThrow(
      'it is a changed copy of a trusted root',
    );
  });
});

it('trusts only the newer one if an older one is forged', async () => {
  const newer = stack.sign('account', { ...stack.account('someone').headers, revision: '1' });
  const forged = forge(newer, 'revision: 1\n', '');
  const results = [];
  for (const stored of [[], [newer]]) {
    const batch = new AssertionBatch();
    for (const assertion of [forged, ...(stored.length > 0 ? [] : [newer]), stack.storeAccountKey])
      batch.add(assertion);
    results.push(await batch.verify(contextOf(stored)));
  }
  for (const { believed } of results) {
    expect(believed).toContain(newer);
    expect(believed).not.toContain(forged);
  }
});

describe('what is already in the store', () => {
  const newer = stack.sign('account', { ...stack.account('someone').headers, revision: '2' });
  const same = decodeAssertion(newer.bytes.subarray(0, -1));
  const different = stack.sign('account', { ...newer.headers, 'display-name': 'Other' });
  const older = stack.sign('account', { ...newer.headers, revision: '1' });
  const held = contextOf([stack.storeAccountKey, newer]);
  const KEY = stack.storeAccountKey;

  it.each([
    ['the same again', [newer, newer], contextOf([KEY]), [newer]],
    ['the same without its last line end', [newer, same], contextOf([KEY]), [newer]],
    ['an older one after it', [newer, older], contextOf([KEY]), [newer]],
    ['a newer one after it', [older, newer], contextOf([KEY]), [newer]],
    ['the one in the store', [newer], held, []],
    ['an older one than in the store', [older], held, []],
    ['a newer one than in the store', [newer], contextOf([KEY, older]), [newer]],
  ])('accepts %s', async (_what, assertions, context, verified) => {
    expect(await checkBatch(assertions, context)).toEqual(verified);
  });

  it.each([
    ['two different ones with one revision', [newer, different], contextOf([KEY])],
    ['a different one than in the store', [different], held],
  ])('refuses %s', async (_what, assertions, context) => {
    await expect(checkBatch(assertions, context)).rejects.toMatchObject({ code: 'conflict' });
  });
});

describe('content that is signed or encoded more than once', () => {
  const KEY = stack.storeAccountKey;
  const original = stack.account('signed-twice');
  /** Its time is hashed too, so the signature differs, but it is also made by the key. */
  const again = signedAt(original, new Date('2026-05-05T05:05:05Z'));
  const rewrapped = decodeAssertion(rewrap(original, 10));
  const forged = decodeAssertion(
    Buffer.concat([original.content, Buffer.from('\n\n'), stack.account('another').signature]),
  );

  it.each([
    ['the same in another encoding', rewrapped],
    ['another signature of its key', again],
  ])('is the same with %s, in a batch and in the store, and the first stays', async (_what, other) => {
    expect(other.bytes.equals(original.bytes)).toBe(false);
    for (const [first, second] of [
      [original, other],
      [other, original],
    ] as const) {
      expect(await checkBatch([first, second, KEY], contextOf())).toEqual([KEY, first]);
      expect(await checkBatch([second], contextOf([KEY, first]))).toEqual([]);
      expect(await checkBatch([second, first, second], contextOf([KEY, first]))).toEqual([]);
    }
  });

  it('is refused if one of the signatures is not made by its key', async () => {
    const why = 'the signature does not match this content and key';
    await expect(checkBatch([original, forged, KEY], contextOf())).rejects.toThrow(why);
    await expect(checkBatch([forged, original, KEY], contextOf())).rejects.toThrow(why);
    await expect(checkBatch([forged], contextOf([KEY, original]))).rejects.toThrow(why);
    await expect(checkBatch([original, forged], contextOf([KEY, original]))).rejects.toThrow(why);
  });

  it('checks what arrives after the first was verified, and what arrived before its key', async () => {
    const batch = new AssertionBatch();
    expect(batch.add(original)).toBe(true);
    expect(batch.add(rewrapped)).toBe(false);
    expect(batch.add(again)).toBe(true);
    expect((await batch.verify(contextOf())).unresolved).toHaveLength(1);
    batch.add(KEY);
    expect((await batch.verify(contextOf())).verified).toEqual([KEY, original]);
    batch.add(forged);
    await expect(batch.verify(contextOf())).rejects.toThrow(
      'the signature does not match this content and key',
    );
  });
});

describe('the signing key', () => {
  const until = '2026-03-01T00:00:00Z';
  const limited = new TestStoreStack({ authorityId: 'limited', keyBits: 1_024 });
  const account = limited.account('someone', { headers: { timestamp: '2026-02-01T00:00:00Z' } });
  const { body } = limited.storeAccountKey;
  const key = limited.accountKey('limited', 'store', limited.storeKey, {
    key: limited.rootKey,
    headers: { since: '2026-02-01T00:00:00Z', until },
    body,
  });
  const context = { ...contextOf(), roots: TrustedRoots.withCanonical(limited.trusted()) };

  it.each([
    ['2026-02-01T00:00:00.000Z', true],
    ['2026-02-28T23:59:59.999Z', true],
    ['2026-01-31T23:59:59.999Z', false],
    ['2026-03-01T00:00:00.000Z', false],
  ])('at %s is valid: %s', async (now, isValid) => {
    const checked = checkBatch([key, account], { ...context, now: new Date(now) });
    if (isValid) expect(await checked).toHaveLength(2);
    else await expect(checked).rejects.toThrow('is not valid now');
  });

  it.each([
    ['2026-02-01T00:00:00Z', true],
    ['2026-02-28T23:59:59.999Z', true],
    ['2026-01-31T23:59:59Z', false],
    [until, false],
  ])('may sign what is dated %s: %s', async (timestamp, isValid) => {
    const dated = limited.account('dated', { headers: { timestamp } });
    const checked = checkBatch([key, dated], { ...context, now: new Date('2026-02-15T00:00:00Z') });
    if (isValid) expect(await checked).toHaveLength(2);
    else await expect(checked).rejects.toThrow('timestamp is outside the validity');
  });
});

describe('forged chains', () => {
  const stranger = new TestStoreStack({ authorityId: 'stranger', keyBits: 1_024 });
  const strangersRevision = stranger.snapRevision(SNAP);
  const strangersDeclaration = stranger.snapDeclaration({ snapId: SNAP_ID, name: 'hello' });
  stack.account('brand');
  const brandKey = stack.accountKey('brand', 'default', stack.key('brand'));
  const byBrand = { key: stack.key('brand'), headers: { 'authority-id': 'brand' } };

  it.each<[string, Assertion[], string]>([
    ['a root that is not trusted', [...stranger.trusted()], 'is self-signed'],
    [
      'a chain to an unknown root',
      stranger.chain(strangersDeclaration, strangersRevision),
      `missing account-key ${publicKeyId(stranger.rootKey)}`,
    ],
    [
      'an authority that is not the owner of the key',
      [...chain, stack.account('x', { headers: { 'authority-id': 'brand' } })],
      'its authority is brand, but the key',
    ],
    [
      'another key than the one that is named',
      [...chain, forge(stack.account('x'), 'The x', 'The y')],
      'the signature does not match this content and key',
    ],
    [
      'an account from an untrusted authority',
      [...stack.chain(brandKey), stack.account('x', byBrand)],
      'not a trusted authority',
    ],
    [
      'a declaration from an untrusted authority',
      [
        ...stack.chain(brandKey),
        ...chain.slice(0, 2),
        stack.snapDeclaration({ snapId: 't'.repeat(32), name: 'x' }, byBrand),
      ],
      'brand is not a trusted authority',
    ],
    [
      'a revision from an untrusted authority',
      [...stack.chain(brandKey), ...chain.slice(0, 3), stack.snapRevision(SNAP, byBrand)],
      'brand is not a trusted',
    ],
    [
      'a store from an untrusted authority',
      [...stack.chain(brandKey), stack.account('operator'), stack.store({ store: 'acme' }, byBrand)],
      'brand is not a trusted',
    ],
    [
      'a key with the name of another',
      [...stack.chain(brandKey), stack.accountKey('brand', 'default', stack.key('second'))],
      'another key named "default"',
    ],
    [
      'a key with the name of a root key',
      [stack.accountKey(stack.authorityId, 'root', stack.key('second'))],
      'another key named "root"',
    ],
  ])('refuses %s', async (_what, assertions, why) => {
    await expect(checkBatch(assertions, contextOf())).rejects.toThrow(why);
  });

  it('refuses what a device signs only for one exchange', async () => {
    const headers = {
      'brand-id': 'brand',
      model: 'm',
      serial: 's',
      nonce: 'n',
      timestamp: '2026-02-01T00:00:00Z',
    };
    const privateKey = stack.key('device');
    const request = signAssertion({ type: 'device-session-request', headers, privateKey });
    await expect(checkBatch([request], contextOf())).rejects.toThrow('for one exchange');
  });
});

function forge(assertion: Assertion, from: string | RegExp, to: string): Assertion {
  return decodeAssertion(Buffer.from(assertion.bytes.toString('latin1').replace(from, to), 'latin1'));
}

/** Signs the same content at another time. */
function signedAt(assertion: Assertion, timestamp: Date): Assertion {
  const { type: _type, 'sign-key-sha3-384': _key, ...headers } = assertion.headers;
  return signAssertion({ type: assertion.type.name, headers, privateKey: stack.storeKey, timestamp });
}
