import { describe, expect, it } from 'vitest';
import { resolveChannel, type ChannelRelease } from './channel-map.js';
import { parseChannel } from './channel.js';
import { settledMap, shareOf, withVariations, type ProgressiveRelease } from './rollout.js';

const DAY = Date.parse('2026-03-01T00:00:00Z');
const device = (serial: number | string) => ({ brandId: 'brand', model: 'm', serial: String(serial) });

function released(revision: number | null, channel = 'stable', architecture = 'amd64'): ChannelRelease {
  return { architecture, channel: parseChannel(channel), revision, releasedAt: new Date(DAY) };
}
const spread = (revision: number, percentage: number): ProgressiveRelease => ({
  ...released(revision),
  percentage,
});
const override = (revision: number, group: string | undefined, architecture = 'amd64') => ({
  architecture,
  channel: parseChannel('stable'),
  revision,
  since: new Date(DAY),
  until: undefined,
  ...(group !== undefined && { group }),
});
const given = (map: readonly ChannelRelease[], architecture = 'amd64') =>
  resolveChannel(map, architecture, parseChannel('stable'))?.revision;

describe('the position of a device', () => {
  it('is independent for each snap, and stable', () => {
    expect(shareOf('a', device(1))).toBe(shareOf('a', device(1)));
    expect(shareOf('a', device(1))).not.toBe(shareOf('b', device(1)));
    expect(shareOf('a', device(1))).not.toBe(shareOf('a', device(2)));
  });

  it('is spread evenly from 0 to 100', () => {
    const tenths = Array.from({ length: 10 }, () => 0);
    for (let serial = 0; serial < 10_000; serial += 1) {
      const tenth = Math.floor(shareOf('a', device(serial)) / 10);
      tenths[tenth] = (tenths[tenth] ?? Number.NaN) + 1;
    }
    // By chance a tenth is 200 off once in ten billion times. The serials are always the same.
    expect(tenths.every((count) => Math.abs(count - 1_000) < 200)).toBe(true);
  });
});

describe('a progressive release', () => {
  const map = [spread(2, 20), released(3, 'edge')];

  it('leaves the previous release to the other devices', () => {
    const settled = settledMap(map, [released(1), released(9, 'edge')]);
    expect([given(settled), settled.length]).toEqual([1, 2]);
    expect(given(withVariations(settled, [spread(2, 20)], []))).toBe(2);
  });

  it('changes nothing if there is none', () => {
    const plain = [released(1)];
    expect(settledMap(plain, [])).toBe(plain);
  });

  it('is replaced by an override for all devices', () => {
    const held = { ...released(7), isOverride: true as const };
    expect(given(withVariations([held], [spread(2, 20)], []))).toBe(7);
  });
});

describe("a group's override", () => {
  const general = { ...released(7), isOverride: true as const };

  it('replaces a release, progressive or not, and an override for all devices', () => {
    expect(given(withVariations([released(1)], [spread(2, 20)], [override(5, 'a')]))).toBe(5);
    expect(given(withVariations([general], [], [override(5, 'a')]))).toBe(5);
  });

  it('of the first group applies if a device is in several', () => {
    expect(given(withVariations([], [], [override(5, 'a'), override(6, 'b')]))).toBe(5);
  });

  it('for all architectures replaces an override for one, and the reverse', () => {
    expect(given(withVariations([general], [], [override(5, 'a', 'all')]))).toBe(5);
    const forAll = { ...general, architecture: 'all' };
    const seen = withVariations([forAll], [], [override(5, 'a')]);
    expect([given(seen), given(seen, 'arm64')]).toEqual([5, 7]);
  });
});
