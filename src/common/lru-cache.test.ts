import { expect, it } from 'vitest';
import { LruCache } from './lru-cache.js';

it('keeps the most recently used values, up to its capacity', () => {
  const cache = new LruCache<number>(2);
  cache.set('a', 1);
  cache.set('b', 2);
  expect(cache.get('a')).toBe(1);
  cache.set('c', 3);
  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([1, undefined, 3]);
  expect(cache.size).toBe(2);
});

it('makes room even if every value was used', () => {
  const cache = new LruCache<number>(3);
  for (const key of ['a', 'b', 'c']) {
    cache.set(key, 1);
    cache.get(key);
  }
  cache.set('d', 1);
  expect(cache.size).toBe(3);
  expect(cache.get('a')).toBeUndefined();
});

it('reports that something was dropped while a value was being read', () => {
  const cache = new LruCache<number>(2);
  const before = cache.generation;
  cache.set('a', 1);
  expect(cache.generation).toBe(before);
  cache.delete('b');
  expect(cache.generation).not.toBe(before);
  const after = cache.generation;
  cache.clear();
  expect(cache.generation).not.toBe(after);
  expect(cache.size).toBe(0);
});

it('keeps no more bytes than its budget, and no value larger than that', () => {
  const cache = new LruCache<string>(100, { bytes: 1_000, sizeOf: (value) => value.length });
  const large = 'x'.repeat(300);
  for (const key of ['a', 'b', 'c']) cache.set(key, large);
  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([undefined, large, large]);
  expect(cache.bytes).toBeLessThanOrEqual(1_000);
  cache.set('d', 'x'.repeat(1_001));
  expect([cache.size, cache.get('d')]).toEqual([2, undefined]);
  cache.set('b', 'y');
  cache.delete('c');
  expect([cache.size, cache.bytes]).toEqual([1, 1 + 2 + 100]);
  cache.clear();
  expect(cache.bytes).toBe(0);
});
