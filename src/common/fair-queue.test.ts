import { expect, it } from 'vitest';
import { FairQueue } from './fair-queue.js';

const LIMITS = { work: 'search', running: 1, waitingPerAddress: 3, waiting: 4, retryAfterSeconds: 7 };

/** Work that ends when it is told to, and records that it has started. */
function held(began: string[], name: string): { work: () => Promise<void>; end: () => void } {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  return {
    work: async () => {
      began.push(name);
      await ended;
    },
    end,
  };
}

it('lets addresses take turns, even if one of them has many requests', async () => {
  const queue = new FairQueue(LIMITS);
  const began: string[] = [];
  const pieces = ['a1', 'a2', 'a3', 'b1'].map((name) => ({ name, ...held(began, name) }));
  const all = pieces.map(async ({ name, work }) => await queue.run(name.charAt(0), work));
  expect([queue.running, queue.waiting]).toEqual([1, 3]);
  for (const { end } of pieces) end();
  await Promise.all(all);
  expect(began).toEqual(['a1', 'a2', 'b1', 'a3']);
  expect([queue.running, queue.waiting]).toEqual([0, 0]);
});

it('refuses more than the share of one address, with a time to try again', async () => {
  const queue = new FairQueue(LIMITS);
  const { work, end } = held([], 'a');
  const all = [1, 2, 3, 4].map(async () => await queue.run('a', work));
  await expect(queue.run('a', work)).rejects.toMatchObject({
    code: 'too-many-requests',
    retryAfterSeconds: 7,
  });
  end();
  await Promise.all(all);
});

it('if the queue is full, removes work of the address with the most, and refuses among equals', async () => {
  const queue = new FairQueue(LIMITS);
  const { work, end } = held([], 'x');
  const all = ['a', 'a', 'a', 'a', 'b'].map(async (address) => await queue.run(address, work));
  const outcomes = Promise.allSettled(all);
  const others = Promise.all([queue.run('c', work), queue.run('d', work)]);
  await expect(queue.run('e', work)).rejects.toMatchObject({ code: 'overloaded' });
  end();
  await others;
  expect((await outcomes).map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'rejected',
    'rejected',
    'fulfilled',
  ]);
});

it('continues after failed work', async () => {
  const queue = new FairQueue(LIMITS);
  await expect(queue.run('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await queue.run('a', async () => await Promise.resolve(5))).toBe(5);
  expect(queue.running).toBe(0);
});

it('leaves places for others if one address has its share, and gives it the next when it has room', async () => {
  const queue = new FairQueue({ ...LIMITS, running: 3, runningPerAddress: 2 });
  const began: string[] = [];
  const pieces = ['a1', 'a2', 'a3', 'b1', 'b2'].map((name) => ({ name, ...held(began, name) }));
  const all = pieces.map(async ({ name, work }) => await queue.run(name.charAt(0), work));
  expect(began).toEqual(['a1', 'a2', 'b1']);
  pieces[3]?.end();
  await all[3];
  // a3 is first in the queue, but its address has its share.
  await new Promise(setImmediate);
  expect(began).toEqual(['a1', 'a2', 'b1', 'b2']);
  pieces[0]?.end();
  await all[0];
  await new Promise(setImmediate);
  expect(began).toEqual(['a1', 'a2', 'b1', 'b2', 'a3']);
  for (const { end } of pieces) end();
  await Promise.all(all);
  expect([queue.running, queue.waiting]).toEqual([0, 0]);
});

it('starts waiting work in separate turns of the event loop', async () => {
  const queue = new FairQueue({ ...LIMITS, waitingPerAddress: 100, waiting: 100 });
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  await Promise.all(Array.from({ length: 50 }, async () => await queue.run('a', async () => undefined)));
  isOver = true;
  expect(turns).toBeGreaterThanOrEqual(49);
});
