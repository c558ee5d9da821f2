import { createHash } from 'node:crypto';
import type { ChannelMap, ChannelRelease } from './channel-map.js';
import { overridingRelease, placeOf, type ChannelOverride } from './channel-override.js';

/** A release to a percentage of the devices. */
export interface ProgressiveRelease extends ChannelRelease {
  readonly percentage: number;
}

/** The channel data of a snap that differs between devices. */
export interface Variations {
  readonly progressive: readonly ProgressiveRelease[];
  /** The valid overrides for a group, by the group's name. */
  readonly groupOverrides: readonly ChannelOverride[];
}

/** The identity of a device, from its serial. */
export interface DeviceIdentity {
  readonly brandId: string;
  readonly model: string;
  readonly serial: string;
}

const SHARE_BYTES = 6;

/**
 * The position of a device among all devices that have a snap, from 0 up to 100. It is stable, and independent
 * between snaps, so that the same devices are not always the first.
 */
export function shareOf(snapId: string, { brandId, model, serial }: DeviceIdentity): number {
  const digest = createHash('sha256').update(`${snapId} ${brandId}/${model}/${serial}`).digest();
  return (digest.readUIntBE(0, SHARE_BYTES) / 256 ** SHARE_BYTES) * 100;
}

export function isProgressive(release: ChannelRelease): release is ProgressiveRelease {
  return release.percentage !== undefined;
}

/** The channel map for all devices: the previous release replaces each progressive one. */
export function settledMap(map: ChannelMap, before: ChannelMap): ChannelMap {
  const progressive = new Set(map.filter(isProgressive).map(placeOf));
  if (progressive.size === 0) return map;
  return [
    ...map.filter((release) => !isProgressive(release)),
    ...before.filter((release) => progressive.has(placeOf(release))),
  ];
}

/**
 * The channel map for one device.
 *
 * @param map - for all devices, with the overrides for all
 * @param taken - the progressive releases that have reached the device
 * @param held - the overrides of its groups; if several apply to one channel, the first is used
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
