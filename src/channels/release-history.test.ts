import { expect, it } from 'vitest';
import type { ChannelRelease } from './channel-map.js';
import { parseChannel } from './channel.js';
import { currentReleases, revisionBefore, stepsBack } from './release-history.js';

function releases(...revisions: readonly (number | null)[]): ChannelRelease[] {
  return revisions.toReversed().map((revision, index) => ({
    channel: parseChannel('stable'),
    architecture: 'amd64',
    revision,
    releasedAt: new Date(index),
  }));
}

it.each([
  [[], undefined],
  [[1], undefined],
  [[1, 1], undefined],
  [[1, 2], 1],
  [[1, 2, 3], 2],
  [[1, 2, 3, 2], 1], // rolled back once: one step further
  [[1, 2, 3, 2, 1], undefined],
  [[1, 2, null], 2], // closed: its last revision
  [[1, null, 2], 1],
  [[null], undefined],
  [[1, 2, null, 2], 1],
])('after %j a channel returns to %s', (history, before) => {
  expect(revisionBefore(releases(...history))).toBe(before);
});

it.each([
  // The releases, oldest first, for which architectures, and what these return to.
  [['all 3', 'amd64 4'], ['all', 'amd64'], ['amd64 3']],
  [['all 4', 'amd64 -'], ['amd64'], ['amd64 4']],
  [['amd64 1', 'amd64 2', 'all 3'], ['amd64', 'all'], ['amd64 2']],
  [
    ['all 3', 'all 4', 'amd64 1'],
    ['amd64', 'all'],
    ['all 3', 'amd64 4'],
  ],
  [
    ['all 3', 'amd64 1', 'all 4'],
    ['amd64', 'all', 'arm64'],
    ['all 3', 'amd64 1', 'arm64 3'],
  ],
  [
    ['all 3', 'all 4', 'amd64 3'],
    ['amd64', 'all'],
    ['all 3', 'amd64 3'],
  ],
  [['all 1', 'all 3', 'amd64 1'], ['amd64'], []],
  [['amd64 1'], ['amd64', 'all'], []],
])('after %j, %j return to %j', (history, architectures, wanted) => {
  const rows = history.map((row, index): ChannelRelease => {
    const [architecture = '', revision] = row.split(' ');
    const [release] = releases(revision === '-' ? null : Number(revision));
    if (!release) throw new Error('there is one');
    return { ...release, architecture, releasedAt: new Date(index) };
  });
  const steps = stepsBack(rows.toReversed(), architectures);
  expect(steps.map(({ architecture, revision }) => `${architecture} ${revision}`)).toEqual(wanted);
});

it('finds the newest of each channel and architecture', () => {
  const [newest, oldest] = releases(1, 2);
  if (!newest || !oldest) throw new Error('there are two');
  const other = { ...oldest, architecture: 'arm64' };
  expect(currentReleases([newest, other, oldest])).toEqual([newest, other]);
});
