import { expect, it } from 'vitest';
import { MAX_ACCESS_LINES_PER_SECOND as MOST } from '../common/limits.js';
import { LineBudget } from './line-budget.js';

it('lets as many lines pass in each second as the limit says, and says how many it left out', () => {
  let now = 0;
  const budget = new LineBudget(() => now);
  const more: number[] = [];
  const take = () => budget.take((leftOut) => more.push(leftOut));
  for (let count = 0; count < MOST; count += 1) expect(take()).toBe(true);
  expect(take()).toBe(false);
  now = 999;
  expect(take()).toBe(false);
  now = 1_000;
  expect(take()).toBe(true);
  expect(more).toEqual([2]);
  now = 5_000;
  expect(take()).toBe(true);
  expect(more).toEqual([2]);
});
