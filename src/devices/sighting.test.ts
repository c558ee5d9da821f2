import { expect, it } from 'vitest';
import { runningSnaps, type RunningSnap } from './sighting.js';

it('keeps as many snaps as fit, to the byte', () => {
  const context = [1, 22, 333].map((revision) => ({ 'snap-id': `id${revision}`, revision }));
  const all = JSON.stringify(context);
  const kept = (maxBytes: number) =>
    (JSON.parse(runningSnaps(context, maxBytes) ?? '') as RunningSnap[]).length;
  expect(runningSnaps(context, all.length)).toBe(all);
  expect(kept(all.length - 1)).toBe(2);
  const first = JSON.stringify(context.slice(0, 1)).length;
  expect([kept(first), kept(first - 1), kept(2)]).toEqual([1, 0, 0]);
});

it.each([undefined, []])('reads no snaps from %j', (context) =>
  expect(runningSnaps(context)).toBeUndefined(),
);
