import { expect, it } from 'vitest';
import { RateLimiter } from './rate-limiter.js';

const LIMITS = { what: 'visits', burst: 3, perSecond: 0.5, keys: 2 };

function taken(limiter: RateLimiter, key: string, tries: number, now: number): number {
  let count = 0;
  for (let at = 0; at < tries; at += 1)
    try {
      limiter.take(key, now);
      count += 1;
    } catch (error) {
      expect(error).toMatchObject({ code: 'too-many-requests' });
    }
  return count;
}

it('accepts a burst, and then a number per second', () => {
  const limiter = new RateLimiter(LIMITS);
  expect(taken(limiter, 'a', 10, 0)).toBe(3);
  expect(taken(limiter, 'b', 1, 0)).toBe(1);
  expect(() => limiter.take('a', 0)).toThrow(
    expect.objectContaining({
      retryAfterSeconds: 2,
      message: 'cannot accept more visits now: ask again in 2 seconds',
    }),
  );
  expect(taken(limiter, 'a', 10, 1_999)).toBe(0);
  expect(taken(limiter, 'a', 10, 2_000)).toBe(1);
  expect(taken(limiter, 'a', 10, 1_000_000)).toBe(3);
});

it('a clock that goes back removes nothing', () => {
  const limiter = new RateLimiter(LIMITS);
  expect(taken(limiter, 'a', 1, 10_000)).toBe(1);
  expect(taken(limiter, 'a', 10, 0)).toBe(2);
});

it('limits the number of counted keys', () => {
  const limiter = new RateLimiter(LIMITS);
  for (const key of ['a', 'b', 'c']) taken(limiter, key, 3, 0);
  expect(taken(limiter, 'c', 1, 0)).toBe(0);
  expect(['a', 'b'].some((key) => taken(limiter, key, 1, 0) === 1)).toBe(true);
});

it('counts several at once: an item that starts below the limit may end above it, and delays the next', () => {
  const limiter = new RateLimiter({ what: 'bytes', burst: 100, perSecond: 10, keys: 5 });
  limiter.takeMany('a', 99, 0);
  limiter.takeMany('a', 41, 0);
  expect(() => limiter.takeMany('a', 1, 4_000)).toThrow('ask again in 1 seconds');
  limiter.takeMany('a', 1, 4_100);
});
