import { expect, it } from 'vitest';
import { parseChannel } from './channel.js';
import type { ChannelRelease } from './channel-map.js';
import { currentReleases, revisionBefore } from './release-history.js';

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
  [[1, 2, null], 2], // closed: what it had last
  [[1, null, 2], 1],
  [[null], undefined],
  [[1, 2, null, 2], 1],
])('after %j a channel goes back to %s', (history, before) => {
  expect(revisionBefore(releases(...history))).toBe(before);
});

it('knows the newest of each place', () => {
  const [newest, oldest] = releases(1, 2);
  if (!newest || !oldest) throw new Error('there are two');
  const other = { ...oldest, architecture: 'arm64' };
  expect(currentReleases([newest, other, oldest])).toEqual([newest, other]);
});
