import { expect, it } from 'vitest';
import { OutageLog } from './outage-log.js';

function outages() {
  const state = { now: 0 };
  const lines: string[] = [];
  const log = new OutageLog(() => state.now);
  return {
    state,
    lines,
    refuse: () => log.note(() => lines.push('gone')),
    work: () => log.over(({ seconds, refused }) => lines.push(`back after ${seconds} s, ${refused} refused`)),
  };
}

it('writes one line when it is gone and one when it is back, however many are refused', () => {
  const { state, lines, refuse, work } = outages();
  work();
  for (let count = 0; count < 1_000; count += 1) refuse();
  state.now = 61_000;
  work();
  work();
  expect(lines).toEqual(['gone', 'back after 61 s, 1000 refused']);
});

it('writes at most one line of each kind in a second if it comes and goes', () => {
  const { state, lines, refuse, work } = outages();
  for (let count = 0; count < 100; count += 1) {
    state.now += 15;
    refuse();
    work();
  }
  expect(lines.filter((line) => line === 'gone')).toHaveLength(2);
  expect(lines).toHaveLength(4);
});
