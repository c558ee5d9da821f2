import { describe, expect, it } from 'vitest';
import { GuessLimiter } from './guess-limiter.js';

const LIMITS = { what: 'key', free: 2, firstPauseMs: 1_000, longestPauseMs: 5_000, guessers: 3 };

/** How long nothing is checked after this many wrong guesses at time 0; 0 for no pause. */
function pauseAfter(wrong: number): number {
  const limiter = new GuessLimiter(LIMITS);
  for (let times = 0; times < wrong; times += 1) limiter.failed('a', 0);
  return [0, 999, 1_999, 3_999, 4_999].filter((at) => {
    try {
      limiter.check('a', at);
      return false;
    } catch {
      return true;
    }
  }).length;
}

describe('pauses', () => {
  it.each([
    [0, 0],
    [2, 0],
    [3, 2],
    [4, 3],
    [5, 4],
    [6, 5],
    [2_000, 5],
  ])('%d wrong guesses', (wrong, refused) => expect(pauseAfter(wrong)).toBe(refused));

  it('end after exactly their pause, which the message states', () => {
    const limiter = new GuessLimiter(LIMITS);
    for (let times = 0; times < 3; times += 1) limiter.failed('a', 0);
    expect(() => limiter.check('a', 1)).toThrow(
      expect.objectContaining({ code: 'too-many-requests', retryAfterSeconds: 1 }),
    );
    expect(() => limiter.check('a', 1_000)).not.toThrow();
    expect(() => limiter.check('b', 1)).not.toThrow();
  });

  it('are forgotten after the right one, or after the longest pause without a wrong one', () => {
    const limiter = new GuessLimiter(LIMITS);
    const fail = (times: number, at: number) => {
      for (let time = 0; time < times; time += 1) limiter.failed('a', at);
    };
    fail(2, 0);
    limiter.succeeded('a');
    fail(2, 0);
    expect(() => limiter.check('a', 0)).not.toThrow();
    fail(1, 4_999);
    expect(() => limiter.check('a', 4_999)).toThrow('too many wrong ones');
    fail(2, 5_999 + 5_000);
    expect(() => limiter.check('a', 5_999 + 5_000)).not.toThrow();
  });
});

it('the number of remembered guessers is limited', () => {
  const limiter = new GuessLimiter(LIMITS);
  for (const who of ['a', 'b', 'c']) for (let times = 0; times < 3; times += 1) limiter.failed(who, 0);
  expect(() => limiter.check('c', 0)).toThrow('too many wrong ones');
  limiter.failed('d', 0);
  const known = ['a', 'b', 'c'].filter((who) => {
    try {
      limiter.check(who, 0);
      return false;
    } catch {
      return true;
    }
  });
  expect(known).toHaveLength(2);
});
