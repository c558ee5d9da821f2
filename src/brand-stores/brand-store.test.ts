import { describe, expect, it } from 'vitest';
import { MAX_STORE_ID_LENGTH } from '../common/domain/words.js';
import { checkBrandId, checkStoreId, storesOf, type BrandStore } from './brand-store.js';
import type { DeviceSession } from './device-session.js';

const stores = new Map(
  (
    [
      ['main', 'acme', null],
      ['view', 'acme', 'main'],
      ['lab', 'acme', 'view'],
      ['theirs', 'other', 'main'],
      // No command can create such a cycle, but it must not block an answer either.
      ['ring-1', 'acme', 'ring-2'],
      ['ring-2', 'acme', 'ring-1'],
    ] as const
  ).map(([storeId, brandId, parentId]): [string, BrandStore] => [storeId, { storeId, brandId, parentId }]),
);

function device(members: Partial<DeviceSession>): DeviceSession {
  const session = {
    brandId: 'acme',
    model: 'm',
    serial: 's',
    trust: 'known-brand',
    storeId: 'view',
  } as const;
  return { ...session, expiresAt: 0, ...members };
}

describe('the stores of a device', () => {
  it.each([
    ['its own store and those above it', device({}), ['view', 'main']],
    ['all of them', device({ storeId: 'lab' }), ['lab', 'view', 'main']],
    ['not the stores below it', device({ storeId: 'main' }), ['main']],
    [
      'a store of another brand may be above its own',
      device({ brandId: 'other', storeId: 'theirs' }),
      ['theirs', 'main'],
    ],
    ['a serial that the store holds', device({ trust: 'own' }), ['view', 'main']],
    ['a cycle of parents', device({ storeId: 'ring-1' }), ['ring-1', 'ring-2']],
    ['its serial is unverified', device({ trust: 'unknown' }), []],
    ['its brand is not the store’s', device({ brandId: 'other' }), []],
    ['its store does not exist here', device({ storeId: 'gone' }), []],
    ['no session', undefined, []],
  ])('%s', (_what, asking, expected) => {
    expect(storesOf(asking, stores)).toEqual(expected);
  });

  it('is none if its model names none', () => {
    const { storeId: _storeId, ...plain } = device({});
    expect(storesOf(plain, stores)).toEqual([]);
  });
});

it.each(['a', 'A-1_b', 'a'.repeat(MAX_STORE_ID_LENGTH)])('accepts the store id %s', (storeId) => {
  expect(() => checkStoreId(storeId, 'add it')).not.toThrow();
});

it.each(['', 'a b', 'a/b', 'ä', 'a\n', 'ubuntu', 'a'.repeat(MAX_STORE_ID_LENGTH + 1)])(
  'refuses the store id %j',
  (storeId) => {
    expect(() => checkStoreId(storeId, 'add it')).toThrow(
      expect.objectContaining({
        code: 'invalid-request',
        message: expect.stringContaining('cannot add it: '),
      }),
    );
  },
);

it.each(['ab', 'a'.repeat(28), 'A'.repeat(32)])('accepts the account-id %s', (brandId) => {
  expect(() => checkBrandId(brandId, 'add it')).not.toThrow();
});

it.each(['', 'a', 'a'.repeat(29), 'A'.repeat(31), 'A'.repeat(33), 'a b'])(
  'refuses the account-id %j',
  (brandId) => {
    expect(() => checkBrandId(brandId, 'add it')).toThrow(
      expect.objectContaining({ code: 'invalid-request' }),
    );
  },
);
