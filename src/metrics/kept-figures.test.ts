import { expect, it } from 'vitest';
import { FRESH_MS, KeptFigures, STALE_MS } from './kept-figures.js';

function kept() {
  const state = { now: 0, reads: 0, fails: false };
  const figures = new KeptFigures(
    async () => {
      state.reads += 1;
      await Promise.resolve();
      if (state.fails) throw new Error('away');
      return state.reads;
    },
    () => state.now,
  );
  return { state, figures };
}

it('reads once, also for many at the same time, and again only when that is no longer fresh', async () => {
  const { state, figures } = kept();
  expect(await Promise.all([figures.get(), figures.get()])).toEqual([1, 1]);
  state.now = FRESH_MS - 1;
  expect(await figures.get()).toBe(1);
  expect(state.reads).toBe(1);
});

it('shows the old value while it reads the new one', async () => {
  const { state, figures } = kept();
  await figures.get();
  state.now = FRESH_MS;
  expect(await figures.get()).toBe(1);
  await new Promise(setImmediate);
  expect(await figures.get()).toBe(2);
});

it('waits for the new value if the old one is too old to be shown', async () => {
  const { state, figures } = kept();
  await figures.get();
  state.now = STALE_MS;
  expect(await figures.get()).toBe(2);
});

it('keeps what it knows while nothing can be read, but not for ever', async () => {
  const { state, figures } = kept();
  await figures.get();
  state.fails = true;
  state.now = FRESH_MS;
  await figures.get();
  await new Promise(setImmediate);
  expect(figures.isWorking).toBe(false);
  state.now = STALE_MS - 1;
  expect(await figures.get()).toBe(1);
  state.now = STALE_MS;
  expect(await figures.get()).toBeUndefined();
  state.fails = false;
  expect(await figures.get()).toBeTypeOf('number');
  expect(figures.isWorking).toBe(true);
});
