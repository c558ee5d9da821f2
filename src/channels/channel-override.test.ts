import { describe, expect, it } from 'vitest';
import { releasesFor, resolveChannel, type ChannelRelease } from './channel-map.js';
import { isInForce, withOverrides, type ChannelOverride } from './channel-override.js';
import { parseChannel } from './channel.js';

const NOW = Date.UTC(2026, 5, 1);

function release(name: string, architecture: string, revision: number | null, day = 1): ChannelRelease {
  const releasedAt = new Date(Date.UTC(2026, 0, day));
  return { channel: parseChannel(name), architecture, revision, releasedAt };
}

function override(name: string, architecture: string, revision: number, until?: number): ChannelOverride {
  const since = new Date(Date.UTC(2025, 0, 1));
  return {
    channel: parseChannel(name),
    architecture,
    revision,
    since,
    until: until === undefined ? undefined : new Date(until),
  };
}

const map = [
  release('stable', 'amd64', 5),
  release('stable', 'all', 6, 2),
  release('edge', 'amd64', 9),
  release('beta', 'amd64', null),
];

function revisionOf(overrides: readonly ChannelOverride[], name: string, architecture = 'amd64') {
  const seen = withOverrides(map, overrides, NOW);
  return resolveChannel(seen, architecture, parseChannel(name))?.revision;
}

describe('withOverrides', () => {
  it('is the same map without overrides', () => {
    expect(withOverrides(map, [], NOW)).toBe(map);
    expect(withOverrides(map, [override('stable', 'amd64', 3, NOW)], NOW)).toBe(map);
  });

  it('replaces a release for all architectures, even a later one', () => {
    expect(revisionOf([], 'stable')).toBe(6);
    expect(revisionOf([override('stable', 'amd64', 3)], 'stable')).toBe(3);
    expect(revisionOf([override('stable', 'amd64', 3)], 'stable', 'arm64')).toBe(6);
    expect(revisionOf([override('edge', 'all', 3)], 'edge')).toBe(3);
  });

  it('opens a channel that is closed or was never released, and the risks that fall back to it', () => {
    expect(revisionOf([], 'beta')).toBe(6);
    expect(revisionOf([override('beta', 'amd64', 3)], 'beta')).toBe(3);
    expect(revisionOf([override('7/stable', 'amd64', 3)], '7/edge')).toBe(3);
    expect(revisionOf([override('candidate', 'amd64', 3)], 'beta')).toBe(3);
  });

  it('counts as one release of its channel', () => {
    const seen = releasesFor(withOverrides(map, [override('stable', 'amd64', 3)], NOW), 'amd64');
    expect(seen.map(({ revision }) => revision).toSorted()).toEqual([3, 9]);
  });
});

it.each([
  [undefined, true],
  [NOW + 1, true],
  [NOW, false],
  [NOW - 1, false],
])('an override that expires at %s is valid: %s', (until, held) => {
  expect(isInForce(until === undefined ? undefined : new Date(until), NOW)).toBe(held);
});
