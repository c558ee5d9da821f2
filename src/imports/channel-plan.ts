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

/** That the operator put a channel where it is. */
export interface OperatorDecision extends Pick<ChannelRelease, 'architecture' | 'channel'> {
  /** The highest revision that the channel ever pointed at. */
  readonly highest: number;
}

/** What a push does to the channels of one snap. */
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

/** What a plan depends on besides the releases themselves. */
export interface PlanOptions {
  /** Move channels back too, as `--push-channel-map` asks. */
  readonly force: boolean;
  /** Whether a trusted key signed the file: only then its times are believed. */
  readonly isSigned: boolean;
  /** Release time of what the file gives none for. */
  readonly now: Date;
  /** What the file dates later was released then; at most `now`. */
  readonly latest: Date;
  /** The channels that the operator moved last. */
  readonly decisions?: readonly OperatorDecision[];
}

/**
 * Whether a pushed release is news: a higher revision is, and so is a lower one that the publisher
 * released there later (a roll-back upstream), where a trusted key says so. A file that was carried over late is
 * not. Where the operator decided, only what is higher than all that was there before, or released after the
 * decision, is news.
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
 * When a release counts as made. A time in the future is none, and nobody without a trusted key dates a release
 * before the one whose place it takes: an old signed file would be news afterwards.
 */
function releaseTime(
  wanted: BundledRelease,
  current: ChannelRelease | undefined,
  { isSigned, now, latest }: PlanOptions,
): Date {
  const time = earlier(wanted.releasedAt ?? now, wanted.releasedAt ? latest : now);
  return !isSigned && current && current.releasedAt > time ? current.releasedAt : time;
}

/** The devices that a release may reach, by their architectures. */
function reached(map: ChannelMap, { architecture }: BundledRelease): Set<string> {
  if (architecture !== ANY_ARCHITECTURE) return new Set([architecture]);
  return new Set([ANY_ARCHITECTURE, ...map.map((release) => release.architecture)]);
}

/**
 * Whether some devices would get a lower revision than now. A channel without a release of its own is not empty for
 * them: a branch gives way to its risk, a risk to the next safer one, and a release for all architectures stands
 * beside that of one.
 */
function lowers(whole: ChannelMap, release: ChannelRelease, wanted: BundledRelease): boolean {
  const name = formatChannel(wanted.channel);
  // Where the operator names a channel, it is opened as asked.
  const map = wanted.isOperators ? whole.filter(({ channel }) => formatChannel(channel) === name) : whole;
  const after = [...map.filter((one) => !isSamePlace(one, wanted)), release];
  return [...reached(map, wanted)].some((architecture) => {
    const before = resolveChannel(map, architecture, wanted.channel)?.revision ?? 0;
    return (resolveChannel(after, architecture, wanted.channel)?.revision ?? 0) < before;
  });
}

/**
 * Compares what a file says of the channels with what they point at.
 *
 * A file that no trusted key signed never takes a device back: anybody could have dated it, and it may bring old
 * revisions that are genuine.
 *
 * @param available - the revisions that the store holds after the push; a release of any other is passed over
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
    // Of two revisions in one file for the same channel, the second is held against the first.
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
