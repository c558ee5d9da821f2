import type { BundledRelease } from '../bundles/format/channel-map.js';
import {
  ANY_ARCHITECTURE,
  resolveChannel,
  type ChannelMap,
  type ChannelRelease,
} from '../channels/channel-map.js';
import { formatChannel } from '../channels/channel.js';
import { isProgressive } from '../channels/rollout.js';
import type { ChannelOutcome } from './import-report.js';

/** A channel that the operator moved last. */
export interface OperatorDecision extends Pick<ChannelRelease, 'architecture' | 'channel'> {
  /** The highest revision that the channel ever pointed at. */
  readonly highest: number;
}

/** The changes of a push to the channels of one snap. */
export interface ChannelPlan {
  readonly releases: readonly ChannelRelease[];
  readonly outcomes: readonly ChannelOutcome[];
}

type Place = Pick<ChannelRelease, 'architecture' | 'channel'>;

function isSamePlace({ architecture, channel }: Place, wanted: Place): boolean {
  return architecture === wanted.architecture && formatChannel(channel) === formatChannel(wanted.channel);
}

function currentOf<R extends Place>(map: readonly R[], wanted: Place): R | undefined {
  return map.find((one) => isSamePlace(one, wanted));
}

/** The conditions of a plan, apart from the releases. */
export interface PlanOptions {
  /** Also move channels back (`--push-channel-map`). */
  readonly force: boolean;
  /** Whether a trusted key signed the file; only then its times are used. */
  readonly isSigned: boolean;
  /** Release time where the file has none. */
  readonly now: Date;
  /** Latest release time that is accepted; later times in the file count as this. At most `now`. */
  readonly latest: Date;
  /** The channels that the operator moved last. */
  readonly decisions?: readonly OperatorDecision[];
}

/**
 * Whether a pushed release is newer than the current one. A higher revision is newer. A lower revision is newer only if
 * a trusted key signed that the publisher released it there later (a roll-back upstream); an older file that is pushed
 * late is not. After a decision of the operator, a release is newer only if its revision is higher than all revisions
 * that the channel ever had, or if it was released after the decision.
 */
function isNewer(
  wanted: BundledRelease,
  current: ChannelRelease,
  decided: OperatorDecision | undefined,
  { isSigned, latest }: PlanOptions,
): boolean {
  if (current.revision === null && !decided) return true;
  if (wanted.revision > (decided?.highest ?? current.revision ?? 0)) return true;
  if (!isSigned || wanted.releasedAt === undefined) return false;
  return earlier(wanted.releasedAt, latest) > current.releasedAt;
}

function earlier(one: Date, other: Date): Date {
  return one < other ? one : other;
}

/**
 * The time that is stored for a release. A time in the future is not accepted. An unsigned file cannot date a release
 * before the one that it replaces: otherwise an old signed file would be newer afterwards.
 */
function releaseTime(
  wanted: BundledRelease,
  current: ChannelRelease | undefined,
  { isSigned, now, latest }: PlanOptions,
): Date {
  const time = earlier(wanted.releasedAt ?? now, wanted.releasedAt ? latest : now);
  return !isSigned && current && current.releasedAt > time ? current.releasedAt : time;
}

/** The architectures of the devices that a release can reach. */
function reached(map: ChannelMap, { architecture }: BundledRelease): Set<string> {
  if (architecture !== ANY_ARCHITECTURE) return new Set([architecture]);
  return new Set([ANY_ARCHITECTURE, ...map.map((release) => release.architecture)]);
}

/**
 * Whether some devices would get a lower revision than now. A channel without a release is not empty for devices: a
 * branch falls back to its risk, a risk to the next more stable one, and a release for all architectures also serves
 * each single architecture.
 */
function lowers(whole: ChannelMap, release: ChannelRelease, wanted: BundledRelease): boolean {
  const name = formatChannel(wanted.channel);
  // A channel that the operator names is opened as requested.
  const map = wanted.isOperators ? whole.filter(({ channel }) => formatChannel(channel) === name) : whole;
  const after = [...map.filter((one) => !isSamePlace(one, wanted)), release];
  return [...reached(map, wanted)].some((architecture) => {
    const before = resolveChannel(map, architecture, wanted.channel)?.revision ?? 0;
    return (resolveChannel(after, architecture, wanted.channel)?.revision ?? 0) < before;
  });
}

/**
 * Compares the releases of a file with the current channels.
 *
 * A file that no trusted key signed never moves a device back: its dates can be forged, and its old revisions can be
 * genuine.
 *
 * @param available - the revisions in the store after the push; releases of other revisions are ignored
 */
export function planChannels(
  map: ChannelMap,
  wanted: readonly BundledRelease[],
  available: ReadonlySet<number>,
  options: PlanOptions,
): ChannelPlan {
  const releases: ChannelRelease[] = [];
  const outcomes: ChannelOutcome[] = [];
  let planned = map;
  for (const release of wanted) {
    if (!available.has(release.revision)) continue;
    const { architecture, channel, revision } = release;
    // If a file has two revisions for one channel, the second is compared with the first.
    const isFirst = !currentOf(releases, release);
    const current = currentOf(planned, release);
    const decided = isFirst ? currentOf(options.decisions ?? [], release) : undefined;
    const from = current?.revision ?? null;
    const next = { architecture, channel, revision, releasedAt: releaseTime(release, current, options) };
    const moves = options.force
      ? from !== revision || (current !== undefined && isProgressive(current))
      : from !== revision &&
        (!current || isNewer(release, current, decided, options)) &&
        (options.isSigned || !lowers(planned, next, release));
    if (moves) {
      releases.push(next);
      planned = [...planned.filter((one) => !isSamePlace(one, release)), next];
    }
    const stays = decided && (from === null || revision > from) ? 'decided' : 'kept';
    const outcome = moves ? 'moved' : from === revision ? 'unchanged' : stays;
    outcomes.push({ channel: formatChannel(channel), architecture, from, to: revision, outcome });
  }
  return { releases, outcomes };
}
