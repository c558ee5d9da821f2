import { expect, it } from 'vitest';
import { ByteBudget } from './byte-budget.js';

const LIMITS = { perAddressBytes: 10, totalBytes: 15, reservedBytes: 2 };

it('limits the bytes of an address', () => {
  const budget = new ByteBudget(LIMITS);
  expect(budget.take('a', 10)).toBeUndefined();
  expect(budget.take('a', 1)).toBe('address');
  expect(budget.heldBytes).toBe(10);
  budget.give('a', 1);
  expect(budget.take('a', 1)).toBeUndefined();
});

it('limits the bytes of all addresses, but always allows each a minimum', () => {
  const budget = new ByteBudget(LIMITS);
  expect([budget.take('a', 10), budget.take('b', 5)]).toEqual([undefined, undefined]);
  expect(budget.take('b', 1)).toBe('store');
  expect([budget.take('c', 2), budget.take('c', 1)]).toEqual([undefined, 'store']);
  for (const [address, bytes] of [
    ['a', 10],
    ['b', 5],
    ['c', 2],
  ] as const)
    budget.give(address, bytes);
  expect(budget.heldBytes).toBe(0);
});
