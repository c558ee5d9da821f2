import type { ChannelMap, ChannelRelease } from './channel-map.js';
import { formatChannel, type Channel } from './channel.js';

/** What the operator wants devices to get on a channel, whatever is released there. */
export interface ChannelOverride {
  /** A device's architecture, or `all`. */
  readonly architecture: string;
  readonly channel: Channel;
  readonly revision: number;
  readonly since: Date;
  /** When it ends by itself; undefined where it does not. */
  readonly until: Date | undefined;
  /** The group of devices that it is for; undefined where it is for all. */
  readonly group?: string;
}

/** Whether something that ends at `until` still holds: at that very moment it does not. */
export function isInForce(until: Date | undefined, now: number): boolean {
  return until === undefined || until.getTime() > now;
}

/** Architecture and channel, as one text. */
export function placeOf({ architecture, channel }: Pick<ChannelRelease, 'architecture' | 'channel'>): string {
  return `${architecture} ${formatChannel(channel)}`;
}

/**
 * What devices see of a channel map.
 *
 * @param now - in milliseconds; overrides that have ended by then are passed over
 * @returns the same map where no override holds
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

/** An override in the place of what is released. */
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
