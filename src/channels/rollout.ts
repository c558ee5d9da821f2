import { createHash } from 'node:crypto';
import type { ChannelMap, ChannelRelease } from './channel-map.js';
import { overridingRelease, placeOf, type ChannelOverride } from './channel-override.js';

/** A release to some of the devices. */
export interface ProgressiveRelease extends ChannelRelease {
  readonly percentage: number;
}

/** What not every device sees of a snap's channels. */
export interface Variations {
  readonly progressive: readonly ProgressiveRelease[];
  /** Those in force that are for a group, by its name. */
  readonly groupOverrides: readonly ChannelOverride[];
}

/** Who a device is, by its serial. */
export interface DeviceIdentity {
  readonly brandId: string;
  readonly model: string;
  readonly serial: string;
}

const SHARE_BYTES = 6;

/**
 * Where a device stands among all that have a snap, from 0 up to 100: the same wherever and whenever it is
 * asked, and another for another snap, so that not always the same devices are the first.
 */
export function shareOf(snapId: string, { brandId, model, serial }: DeviceIdentity): number {
  const digest = createHash('sha256').update(`${snapId} ${brandId}/${model}/${serial}`).digest();
  return (digest.readUIntBE(0, SHARE_BYTES) / 256 ** SHARE_BYTES) * 100;
}

export function isProgressive(release: ChannelRelease): release is ProgressiveRelease {
  return release.percentage !== undefined;
}

/** What all devices get: of each progressive release, what was there before it. */
export function settledMap(map: ChannelMap, before: ChannelMap): ChannelMap {
  const progressive = new Set(map.filter(isProgressive).map(placeOf));
  if (progressive.size === 0) return map;
  return [
    ...map.filter((release) => !isProgressive(release)),
    ...before.filter((release) => progressive.has(placeOf(release))),
  ];
}

/**
 * What a device sees of a channel map.
 *
 * @param map - what all devices see, under the overrides that are for all
 * @param taken - the progressive releases that have reached the device
 * @param held - the overrides of its groups; of several at one place, the first holds
 */
export function withVariations(
  map: ChannelMap,
  taken: readonly ProgressiveRelease[],
  held: readonly ChannelOverride[],
): ChannelMap {
  const takenAt = new Map(taken.map((release) => [placeOf(release), release]));
  const heldAt = new Map(held.toReversed().map((override) => [placeOf(override), override]));
  const below = map.map((release) =>
    release.isOverride ? release : (takenAt.get(placeOf(release)) ?? release),
  );
  return [
    ...below.filter((release) => !heldAt.has(placeOf(release))),
    ...[...heldAt.values()].map(overridingRelease),
  ];
}
