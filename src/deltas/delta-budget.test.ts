import { describe, expect, it } from 'vitest';
import { makeRoom } from './delta-budget.js';

const delta = (key: string, sizeBytes: number, day: number) => ({
  key,
  sizeBytes,
  usedAt: new Date(Date.UTC(2026, 0, day)),
});
const held = [
  delta('new', 100, 3),
  delta('old', 100, 1),
  delta('older, wanted', 100, 0),
  delta('mid', 100, 2),
];
const wanted = ['first', 'older, wanted', 'last'];
const keys = (deltas: readonly { key: string }[] | undefined) => deltas?.map(({ key }) => key);

describe('without a new delta', () => {
  it.each([
    [400, []],
    [399, ['old']],
    [300, ['old']],
    [299, ['old', 'mid']],
    [100, ['old', 'mid', 'new']],
    [99, ['old', 'mid', 'new', 'older, wanted']],
    [0, ['old', 'mid', 'new', 'older, wanted']],
  ])('a budget of %i drops %j', (maxBytes, leaving) =>
    expect(keys(makeRoom(held, wanted, maxBytes))).toEqual(leaving),
  );
});

describe('for a new delta', () => {
  it.each([
    ['first', 450, []],
    ['first', 449, ['old']],
    ['first', 50, ['old', 'mid', 'new', 'older, wanted']],
    ['first', 49, undefined],
    ['last', 150, ['old', 'mid', 'new']],
    // The last stored one is wanted more.
    ['last', 149, undefined],
  ])('%s, a budget of %i drops %j', (key, maxBytes, leaving) =>
    expect(keys(makeRoom(held, wanted, maxBytes, { key, sizeBytes: 50 }))).toEqual(leaving),
  );
});
