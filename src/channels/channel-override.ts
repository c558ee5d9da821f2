import type { ChannelMap, ChannelRelease } from './channel-map.js';
import { formatChannel, type Channel } from './channel.js';

/** The revision that the operator wants devices to get on a channel, whatever is released there. */
export interface ChannelOverride {
  /** A device's architecture, or `all`. */
  readonly architecture: string;
  readonly channel: Channel;
  readonly revision: number;
  readonly since: Date;
  /** When it expires; undefined if never. */
  readonly until: Date | undefined;
  /** The group of devices that it applies to; undefined for all devices. */
  readonly group?: string;
}

/** Whether something that expires at `until` is still valid. At that very moment it is not. */
export function isInForce(until: Date | undefined, now: number): boolean {
  return until === undefined || until.getTime() > now;
}

/** Architecture and channel, as one string. */
export function placeOf({ architecture, channel }: Pick<ChannelRelease, 'architecture' | 'channel'>): string {
  return `${architecture} ${formatChannel(channel)}`;
}

/**
 * The channel map with overrides.
 *
 * @param now - in milliseconds; expired overrides are ignored
 * @returns the same map if no override applies
 */
export function withOverrides(
  map: ChannelMap,
  overrides: readonly ChannelOverride[],
  now: number,
): ChannelMap {
  const held = overrides.filter(({ until }) => isInForce(until, now));
  if (held.length === 0) return map;
  const places = new Set(held.map(placeOf));
  return [...map.filter((release) => !places.has(placeOf(release))), ...held.map(overridingRelease)];
}

/** An override as a release. */
export function overridingRelease({
  architecture,
  channel,
  revision,
  since,
  group,
}: ChannelOverride): ChannelRelease {
  return {
    architecture,
    channel,
    revision,
    releasedAt: since,
    isOverride: true,
    ...(group !== undefined && { group }),
  };
}
