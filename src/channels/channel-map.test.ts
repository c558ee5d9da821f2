import { expect, it } from 'vitest';
import { inDisplayOrder, releasesFor, resolveChannel, type ChannelRelease } from './channel-map.js';
import { formatChannel, parseChannel } from './channel.js';

function release(name: string, architecture: string, revision: number | null, day = 1): ChannelRelease {
  return {
    channel: parseChannel(name),
    architecture,
    revision,
    releasedAt: new Date(Date.UTC(2026, 0, day)),
  };
}

const map = [
  release('stable', 'amd64', 5),
  release('candidate', 'amd64', null),
  release('edge', 'amd64', 9),
  release('edge/fix', 'amd64', 12),
  release('2.0/beta', 'amd64', 7),
  release('stable', 'arm64', 6),
  release('3.0/edge', 'all', 20, 2),
  release('3.0/edge', 'amd64', 19, 1),
  release('4.0/stable', 'all', 30, 1),
  release('4.0/stable', 'amd64', 31, 2),
];

it.each([
  ['stable', 'amd64', 5, 'latest/stable'],
  ['candidate', 'amd64', 5, 'latest/stable'], // closed: falls back to the next safer risk
  ['beta', 'amd64', 5, 'latest/stable'],
  ['edge', 'amd64', 9, 'latest/edge'],
  ['edge/fix', 'amd64', 12, 'latest/edge/fix'],
  ['edge/gone', 'amd64', 9, 'latest/edge'],
  ['beta/gone', 'amd64', 5, 'latest/stable'],
  ['2.0/edge', 'amd64', 7, '2.0/beta'],
  ['stable', 'arm64', 6, 'latest/stable'],
  ['3.0/edge', 'riscv64', 20, '3.0/edge'],
  ['3.0/edge', 'amd64', 20, '3.0/edge'], // the release for `all` is later
  ['4.0/stable', 'amd64', 31, '4.0/stable'], // the architecture's own release is later
])('a device on %s (%s) gets revision %i from %s', (name, architecture, revision, from) => {
  const found = resolveChannel(map, architecture, parseChannel(name));
  expect(found?.revision).toBe(revision);
  expect(found && formatChannel(found.channel)).toBe(from);
});

it.each([
  ['2.0/stable', 'amd64'], // never to a riskier one
  ['2.0/edge', 'arm64'],
  ['9.9', 'amd64'],
  ['stable', 'riscv64'],
])('nothing serves %s on %s', (name, architecture) => {
  expect(resolveChannel(map, architecture, parseChannel(name))).toBeUndefined();
});

it('a closed channel stays closed if the architecture closed it after a release for all', () => {
  const closed = [release('edge', 'all', 3, 1), release('edge', 'amd64', null, 2)];
  expect(resolveChannel(closed, 'amd64', parseChannel('edge'))).toBeUndefined();
  expect(resolveChannel(closed, 'arm64', parseChannel('edge'))?.revision).toBe(3);
});

it('shows the default track first, then safest risk first', () => {
  const names = (track: string | null) =>
    inDisplayOrder(map, track).map(
      ({ channel, architecture }) => `${formatChannel(channel)} ${architecture}`,
    );
  expect(names(null).slice(0, 3)).toEqual([
    'latest/stable amd64',
    'latest/stable arm64',
    'latest/candidate amd64',
  ]);
  expect(names('2.0')[0]).toBe('2.0/beta amd64');
});

it('lists what a device can see, without closed channels', () => {
  expect(releasesFor(map, 'arm64').map(({ revision }) => revision)).toEqual([6, 20, 30]);
});
