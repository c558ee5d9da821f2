import { expect, it } from 'vitest';
import type { BundledRelease } from '../bundles/format/channel-map.js';
import { resolveChannel, type ChannelMap } from '../channels/channel-map.js';
import { parseChannel } from '../channels/channel.js';
import { planChannels, type PlanOptions } from './channel-plan.js';

const now = new Date('2026-06-01T00:00:00Z');
const day = (n: number) => new Date(Date.UTC(2026, 0, n));
const current = (revision: number | null, releasedAt = day(10)) => [
  { architecture: 'amd64', channel: parseChannel('stable'), revision, releasedAt },
];
const wanted = (revision: number, releasedAt?: Date) => [
  { architecture: 'amd64', channel: parseChannel('stable'), revision, releasedAt },
];
const all = new Set([1, 2, 3, 4, 5, 6, 7]);
const signed: PlanOptions = { force: false, isSigned: true, now, latest: now };
const unsigned: PlanOptions = { ...signed, isSigned: false };

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
  const plan = planChannels(map, release, all, { ...signed, force });
  expect(plan.outcomes.map((channel) => channel.outcome)).toEqual([outcome]);
  expect(plan.releases).toHaveLength(outcome === 'moved' ? 1 : 0);
});

it.each([
  ['stays as it is', false, 'unchanged'],
  ['goes to all devices if forced', true, 'moved'],
])('a progressive release of the same revision %s', (_, force, outcome) => {
  const partial = current(5).map((release) => ({ ...release, percentage: 20 }));
  const plan = planChannels(partial, wanted(5, day(20)), all, { ...signed, force });
  expect(plan.outcomes.map((channel) => channel.outcome)).toEqual([outcome]);
  expect(plan.releases).toEqual(force ? [{ ...current(5)[0], releasedAt: day(20) }] : []);
});

const decided = [{ architecture: 'amd64', channel: parseChannel('stable'), highest: 6 }];

it.each([
  ['rolled back: the same file again', current(5), wanted(6), false, 'decided'],
  ['rolled back: the same file again, forced', current(5), wanted(6), true, 'moved'],
  ['rolled back: an earlier release', current(5), wanted(6, day(9)), false, 'decided'],
  ['rolled back: a later release', current(5), wanted(6, day(11)), false, 'moved'],
  ['rolled back: a new revision', current(5), wanted(7), false, 'moved'],
  ['rolled back: an older file', current(5), wanted(4), false, 'kept'],
  ['rolled back: the current revision', current(5), wanted(5, day(11)), false, 'unchanged'],
  ['closed: the same file again', current(null), wanted(6), false, 'decided'],
  ['closed: the same file again, forced', current(null), wanted(6), true, 'moved'],
  ['closed: a new revision', current(null), wanted(7), false, 'moved'],
])('after the operator %s', (_, map, release, force, outcome) => {
  const plan = planChannels(map, release, all, { ...signed, force, decisions: decided });
  expect(plan.outcomes.map((channel) => channel.outcome)).toEqual([outcome]);
  expect(plan.releases).toHaveLength(outcome === 'moved' ? 1 : 0);
});

it('uses the release time of the file, or else the time of the push', () => {
  expect(planChannels([], wanted(5, day(3)), all, signed).releases[0]?.releasedAt).toEqual(day(3));
  expect(planChannels([], wanted(5), all, signed).releases[0]?.releasedAt).toEqual(now);
});

it('ignores a revision that is not in the store', () => {
  expect(planChannels([], wanted(9), all, signed)).toEqual({ releases: [], outcomes: [] });
});

it('uses the higher of two revisions for one channel in one file, in either order', () => {
  for (const order of [
    [5, 6],
    [6, 5],
  ]) {
    const plan = planChannels(
      [],
      order.flatMap((revision) => wanted(revision)),
      all,
      signed,
    );
    expect(plan.releases.at(-1)?.revision).toBe(6);
  }
});

const at = (
  channel: string,
  revision: number | null,
  more: { architecture?: string; releasedAt?: Date } = {},
) => ({
  architecture: 'amd64',
  channel: parseChannel(channel),
  revision,
  releasedAt: day(10),
  ...more,
});
const offer = (channel: string, revision: number, more: Partial<BundledRelease> = {}): BundledRelease => ({
  architecture: 'amd64',
  channel: parseChannel(channel),
  revision,
  releasedAt: new Date('2099-01-01T00:00:00Z'),
  ...more,
});

// Anybody can make an unsigned file: its dates can be forged, and its old revisions can be genuine.
it.each<[string, ChannelMap, BundledRelease[]]>([
  ['the same channel', [at('stable', 3)], [offer('stable', 1)]],
  ['a channel at the same time', [at('stable', 3)], [offer('stable', 1, { releasedAt: day(10) })]],
  ['a branch, which hides its risk', [at('stable', 3)], [offer('stable/fix', 1)]],
  ['a closed risk', [at('stable', 3), at('edge', null)], [offer('edge', 1)]],
  ['a risk that was never open', [at('stable', 3)], [offer('candidate', 2)]],
  ['an expired branch', [at('beta', 3), at('beta/fix', null)], [offer('beta/fix', 2)]],
  ['one architecture of a release for all', [at('stable', 3, { architecture: 'all' })], [offer('stable', 1)]],
  ['all architectures', [at('stable', 3)], [offer('stable', 1, { architecture: 'all' })]],
  [
    'all architectures, where one of them has a lower revision',
    [at('stable', 3), at('stable', 1, { architecture: 'arm64' })],
    [offer('stable', 2, { architecture: 'all' })],
  ],
  ['a progressive release', [{ ...at('stable', 3), percentage: 10 }], [offer('stable', 2)]],
  ['two steps, the first upwards', [at('stable', 3)], [offer('beta', 4), offer('beta/fix', 3)]],
])('an unsigned file never moves devices to a lower revision through %s', (_, map, releases) => {
  const plan = planChannels(map, releases, all, unsigned);
  const after = [
    ...plan.releases.toReversed(),
    ...map.filter((one) => !plan.releases.some((next) => isSame(one, next))),
  ];
  for (const release of releases)
    for (const architecture of ['amd64', 'arm64', 's390x']) {
      const before = resolveChannel(map, architecture, release.channel)?.revision ?? 0;
      const revision = resolveChannel(after, architecture, release.channel)?.revision ?? 0;
      expect(revision).toBeGreaterThanOrEqual(before);
    }
  expect(plan.outcomes.at(-1)?.outcome).toBe('kept');
  const forced = planChannels(map, releases, all, { ...unsigned, force: true });
  expect(forced.outcomes.at(-1)?.outcome).toBe('moved');
});

it.each<[string, ChannelMap, BundledRelease]>([
  ['a higher revision', [at('stable', 3)], offer('stable', 4)],
  ['a channel of a new snap', [], offer('stable', 1)],
  ['another track', [at('stable', 3)], offer('2/stable', 1)],
  ['another architecture', [at('stable', 3)], offer('stable', 1, { architecture: 'arm64' })],
  ['a less stable risk, to a higher revision', [at('stable', 3)], offer('edge', 4)],
  ['a less stable risk, to the same revision', [at('stable', 3)], offer('edge', 3)],
])('an unsigned file moves %s', (_, map, release) => {
  expect(planChannels(map, [release], all, unsigned).outcomes[0]?.outcome).toBe('moved');
});

it('a file without channels opens the channels that the operator names, and moves none back', () => {
  const named = (channel: string, revision: number, architecture = 'amd64'): BundledRelease[] => [
    offer(channel, revision, { architecture, releasedAt: undefined, isOperators: true }),
  ];
  const outcome = (map: ChannelMap, releases: BundledRelease[]) =>
    planChannels(map, releases, all, unsigned).outcomes[0]?.outcome;
  expect(outcome([at('stable', 3)], named('edge', 1))).toBe('moved');
  expect(outcome([at('stable', 3)], named('stable', 1))).toBe('kept');
  expect(outcome([at('stable', 3, { architecture: 'all' })], named('stable', 1))).toBe('kept');
  expect(outcome([at('stable', 3)], named('stable', 1, 'all'))).toBe('kept');
});

it('a release time in the future counts as now, and blocks no later release', () => {
  for (const options of [signed, unsigned])
    expect(planChannels([], [offer('stable', 2)], all, options).releases[0]?.releasedAt).toEqual(now);
  const tomorrow = { ...signed, now: day(200), latest: day(200) };
  const map = planChannels([at('stable', 3)], [offer('stable', 2)], all, signed).releases;
  expect(map).toMatchObject([{ revision: 2, releasedAt: now }]);
  const back = planChannels(map, [offer('stable', 1, { releasedAt: day(199) })], all, tomorrow);
  expect(back.outcomes[0]?.outcome).toBe('moved');
});

it('if a signed file with a release time in the future is pushed again, its first push counts', () => {
  const later = { ...signed, now: day(200), latest: day(100) };
  const since = [at('stable', 3, { releasedAt: day(150) })];
  expect(planChannels(since, [offer('stable', 1)], all, later).outcomes[0]?.outcome).toBe('kept');
});

it('an unsigned file cannot backdate a release', () => {
  const map = planChannels(
    [at('stable', 3)],
    [offer('stable', 5, { releasedAt: day(1) })],
    all,
    unsigned,
  ).releases;
  expect(map).toMatchObject([{ revision: 5, releasedAt: day(10) }]);
  // Otherwise an older signed file would be newer than the release.
  const old = planChannels(map, [offer('stable', 4, { releasedAt: day(9) })], all, signed);
  expect(old.outcomes[0]?.outcome).toBe('kept');
});

function isSame(one: ChannelMap[number], other: ChannelMap[number]): boolean {
  return (
    one.architecture === other.architecture && JSON.stringify(one.channel) === JSON.stringify(other.channel)
  );
}
