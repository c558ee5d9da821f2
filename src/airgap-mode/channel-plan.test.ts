import { expect, it } from 'vitest';
import { parseChannel } from '../snaps/channel/channel.js';
import { planChannels } from './channel-plan.js';

const now = new Date('2026-06-01T00:00:00Z');
const day = (n: number) => new Date(Date.UTC(2026, 0, n));
const current = (revision: number | null, releasedAt = day(10)) => [
  { architecture: 'amd64', channel: parseChannel('stable'), revision, releasedAt },
];
const wanted = (revision: number, releasedAt?: Date) => [
  { architecture: 'amd64', channel: parseChannel('stable'), revision, releasedAt },
];
const all = new Set([1, 2, 3, 4, 5, 6, 7]);

it.each([
  ['an empty channel', [], wanted(5), false, 'moved'],
  ['a closed channel', current(null), wanted(5), false, 'moved'],
  ['the same revision', current(5), wanted(5, day(20)), false, 'unchanged'],
  ['the same revision, forced', current(5), wanted(5), true, 'unchanged'],
  ['a higher revision', current(5), wanted(6), false, 'moved'],
  ['a higher revision released earlier', current(5), wanted(6, day(1)), false, 'moved'],
  ['a lower revision', current(5), wanted(4), false, 'kept'],
  ['a lower revision, forced', current(5), wanted(4), true, 'moved'],
  ['a lower revision released earlier', current(5), wanted(4, day(9)), false, 'kept'],
  ['a lower revision released at the same time', current(5), wanted(4, day(10)), false, 'kept'],
  ['a lower revision released later upstream', current(5), wanted(4, day(11)), false, 'moved'],
])('%s', (_, map, release, force, outcome) => {
  const plan = planChannels(map, release, all, force, now);
  expect(plan.outcomes.map((channel) => channel.outcome)).toEqual([outcome]);
  expect(plan.releases).toHaveLength(outcome === 'moved' ? 1 : 0);
});

it.each([
  ['as it is', false, 'unchanged'],
  ['to all, forced', true, 'moved'],
])('a revision that is out to a part of the devices goes %s', (_, force, outcome) => {
  const partial = current(5).map((release) => ({ ...release, percentage: 20 }));
  const plan = planChannels(partial, wanted(5, day(20)), all, force, now);
  expect(plan.outcomes.map((channel) => channel.outcome)).toEqual([outcome]);
  expect(plan.releases).toEqual(force ? [{ ...current(5)[0], releasedAt: day(20) }] : []);
});

const decided = [{ architecture: 'amd64', channel: parseChannel('stable'), highest: 6 }];

it.each([
  ['rolled back: the same file again', current(5), wanted(6), false, 'decided'],
  ['rolled back: the same file again, forced', current(5), wanted(6), true, 'moved'],
  ['rolled back: what was released before', current(5), wanted(6, day(9)), false, 'decided'],
  ['rolled back: what was released later', current(5), wanted(6, day(11)), false, 'moved'],
  ['rolled back: a revision that is new', current(5), wanted(7), false, 'moved'],
  ['rolled back: an older file', current(5), wanted(4), false, 'kept'],
  ['rolled back: what it points at', current(5), wanted(5, day(11)), false, 'unchanged'],
  ['closed: the same file again', current(null), wanted(6), false, 'decided'],
  ['closed: the same file again, forced', current(null), wanted(6), true, 'moved'],
  ['closed: a revision that is new', current(null), wanted(7), false, 'moved'],
])('where the operator %s', (_, map, release, force, outcome) => {
  const plan = planChannels(map, release, all, force, now, decided);
  expect(plan.outcomes.map((channel) => channel.outcome)).toEqual([outcome]);
  expect(plan.releases).toHaveLength(outcome === 'moved' ? 1 : 0);
});

it('keeps the time that the file gives, or takes the time of the push', () => {
  expect(planChannels([], wanted(5, day(3)), all, false, now).releases[0]?.releasedAt).toEqual(day(3));
  expect(planChannels([], wanted(5), all, false, now).releases[0]?.releasedAt).toEqual(now);
});

it('passes over a revision that the store does not hold', () => {
  expect(planChannels([], wanted(9), all, false, now)).toEqual({ releases: [], outcomes: [] });
});

it('of two revisions for one channel in one file, the higher one wins in either order', () => {
  for (const order of [
    [5, 6],
    [6, 5],
  ]) {
    const plan = planChannels(
      [],
      order.flatMap((revision) => wanted(revision)),
      all,
      false,
      now,
    );
    expect(plan.releases.at(-1)?.revision).toBe(6);
  }
});
