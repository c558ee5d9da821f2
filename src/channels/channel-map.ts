import { DEFAULT_TRACK, RISKS, risksFrom, type Channel, type Risk } from './channel.js';

/** The release of one channel and architecture. */
export interface ChannelRelease {
  /** A device's architecture, or `all`. */
  readonly architecture: string;
  readonly channel: Channel;
  /** The snap revision, or `null` if the channel is closed. */
  readonly revision: number | null;
  readonly releasedAt: Date;
  /** Set by an override of the operator, which replaces any release of the channel. */
  readonly isOverride?: true;
  /** The group of devices that an override applies to; undefined for all devices. */
  readonly group?: string;
  /** The percentage of devices of a progressive release. */
  readonly percentage?: number;
}

/** The current releases of one snap, at most one per architecture and channel. */
export type ChannelMap = readonly ChannelRelease[];

export const ANY_ARCHITECTURE = 'all';

/** Whether a release is for a device of this architecture. */
export function serves(release: ChannelRelease, architecture: string): boolean {
  return release.architecture === architecture || release.architecture === ANY_ARCHITECTURE;
}

function isSameChannel(one: Channel, other: Channel): boolean {
  return one.risk === other.risk && one.track === other.track && one.branch === other.branch;
}

function weightOf({ isOverride, group }: ChannelRelease): number {
  return group === undefined ? Number(isOverride === true) : 2;
}

/**
 * If a channel has two (one for `all` and one for the architecture), a group's override is used first, then an
 * override for all devices, then the later release.
 */
function holdsOver(one: ChannelRelease, other: ChannelRelease): boolean {
  if (one.isOverride || other.isOverride) {
    const difference = weightOf(one) - weightOf(other);
    if (difference !== 0) return difference > 0;
  }
  return one.releasedAt > other.releasedAt;
}

/** The open release of exactly this channel. */
function openReleaseAt(map: ChannelMap, architecture: string, channel: Channel): ChannelRelease | undefined {
  let found: ChannelRelease | undefined;
  for (const release of map) {
    if (!serves(release, architecture) || !isSameChannel(release.channel, channel)) continue;
    if (found === undefined || holdsOver(release, found)) found = release;
  }
  return found?.revision === null ? undefined : found;
}

/**
 * Finds the release that a device on a channel gets. A missing branch falls back to its risk, and a risk
 * without a release to the next safer one of the same track.
 *
 * @param architecture - the device's; releases for `all` serve every device
 * @returns the release, with the channel it was found on, or undefined
 * @see snapcore/snapd: snap/channel/channel.go, riskLevel (the order of the risks)
 */
export function resolveChannel(
  map: ChannelMap,
  architecture: string,
  wanted: Channel,
): ChannelRelease | undefined {
  if (wanted.branch !== undefined) {
    const onBranch = openReleaseAt(map, architecture, wanted);
    if (onBranch) return onBranch;
  }
  for (const risk of risksFrom(wanted.risk)) {
    const release = openReleaseAt(map, architecture, { track: wanted.track, risk });
    if (release) return release;
  }
  return undefined;
}

function rank(release: ChannelRelease, defaultTrack: string): [number, string, number, string, string] {
  const { track, risk, branch = '' } = release.channel;
  return [track === defaultTrack ? 0 : 1, track, RISKS.indexOf(risk), branch, release.architecture];
}

/**
 * Sorts releases as `info` shows them: the default track first, then other tracks by name; the safest risk
 * first. snapd shows the first entry as the snap itself.
 */
export function inDisplayOrder<R extends ChannelRelease>(
  map: readonly R[],
  defaultTrack: string | null,
): R[] {
  const first = defaultTrack ?? DEFAULT_TRACK;
  return map.toSorted((a, b) => {
    const left = rank(a, first);
    const right = rank(b, first);
    for (const [index, value] of left.entries()) {
      const other = right[index];
      if (other !== undefined && value !== other) return value < other ? -1 : 1;
    }
    return 0;
  });
}

/** A release, as seen by one architecture. */
export type OpenRelease = ChannelRelease & { readonly revision: number };

/**
 * The open releases that a device of this architecture can see: one for each channel, marked with its own
 * architecture.
 */
export function releasesFor(map: ChannelMap, architecture: string): OpenRelease[] {
  const served = map.filter((release) => serves(release, architecture));
  const isMixed = served.some((release) => release.architecture !== architecture);
  return served
    .filter(
      (release): release is OpenRelease =>
        release.revision !== null &&
        (!isMixed || openReleaseAt(served, architecture, release.channel) === release),
    )
    .map((release) => (release.architecture === architecture ? release : { ...release, architecture }));
}

/**
 * The architectures of the official store. A snap for all of them is listed under each one, so that clients
 * that search the channel map for one find it.
 */
const OFFICIAL_ARCHITECTURES = ['amd64', 'arm64', 'armhf', 'i386', 'ppc64el', 'riscv64', 's390x'];

/** The architectures for which a snap is or was released, sorted by name. */
export function architecturesOf(map: ChannelMap): string[] {
  const names = new Set(map.map((release) => release.architecture));
  if (names.delete(ANY_ARCHITECTURE)) for (const name of OFFICIAL_ARCHITECTURES) names.add(name);
  return [...names].toSorted();
}

/** The open releases of every architecture, for clients that name none. */
export function releasesForEach(map: ChannelMap): OpenRelease[] {
  return architecturesOf(map).flatMap((architecture) => releasesFor(map, architecture));
}

/** A channel with a known risk, from its three columns or fields. */
export function channelOf(track: string, risk: Risk, branch: string | null): Channel {
  return branch === null || branch === '' ? { track, risk } : { track, risk, branch };
}
