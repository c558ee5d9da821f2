import { DEFAULT_TRACK, RISKS, risksFrom, type Channel, type Risk } from './channel.js';

/** What one channel of one architecture points at. */
export interface ChannelRelease {
  /** A device's architecture, or `all`. */
  readonly architecture: string;
  readonly channel: Channel;
  /** The snap revision, or `null` where the channel is closed. */
  readonly revision: number | null;
  readonly releasedAt: Date;
  /** The operator's word over that of the channel: it goes before any release there. */
  readonly isOverride?: true;
  /** The group of devices that an override is for; undefined where it is for all. */
  readonly group?: string;
  /** Of a release to some of the devices. */
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
 * Of two at one channel (`all` and the architecture's own) a group's override holds, then one for all devices,
 * then the one released later.
 */
function holdsOver(one: ChannelRelease, other: ChannelRelease): boolean {
  if (one.isOverride || other.isOverride) {
    const difference = weightOf(one) - weightOf(other);
    if (difference !== 0) return difference > 0;
  }
  return one.releasedAt > other.releasedAt;
}

/** The open release at exactly this channel. */
function openReleaseAt(map: ChannelMap, architecture: string, channel: Channel): ChannelRelease | undefined {
  let found: ChannelRelease | undefined;
  for (const release of map) {
    if (!serves(release, architecture) || !isSameChannel(release.channel, channel)) continue;
    if (found === undefined || holdsOver(release, found)) found = release;
  }
  return found?.revision === null ? undefined : found;
}

/**
 * Finds what a device on a channel gets. A branch that is not there gives way to
 * its risk, and a risk with nothing released to the next safer one of the same track.
 *
 * @param architecture - the device's; releases for `all` serve every device
 * @returns the release found, with the channel it was found on, or undefined
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
 * Puts releases in the order that `info` shows them: the default track first, other
 * tracks by name, safest risk first. snapd shows the first entry as the snap itself.
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

/** A release of something, as one architecture sees it. */
export type OpenRelease = ChannelRelease & { readonly revision: number };

/** The open releases that a device of this architecture can see, one for each channel, named as its own. */
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
 * What the official store has snaps for. It names each of them where a snap is for all, so that who picks one out
 * of a channel map finds it.
 */
const OFFICIAL_ARCHITECTURES = ['amd64', 'arm64', 'armhf', 'i386', 'ppc64el', 'riscv64', 's390x'];

/** The architectures that a snap is, or was, released for, by name. */
export function architecturesOf(map: ChannelMap): string[] {
  const names = new Set(map.map((release) => release.architecture));
  if (names.delete(ANY_ARCHITECTURE)) for (const name of OFFICIAL_ARCHITECTURES) names.add(name);
  return [...names].toSorted();
}

/** The open releases of every architecture: for who names none. */
export function releasesForEach(map: ChannelMap): OpenRelease[] {
  return architecturesOf(map).flatMap((architecture) => releasesFor(map, architecture));
}

/** A channel whose risk is known, from its three columns or fields. */
export function channelOf(track: string, risk: Risk, branch: string | null): Channel {
  return branch === null || branch === '' ? { track, risk } : { track, risk, branch };
}
