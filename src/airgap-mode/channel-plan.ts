import type { BundledRelease } from '../bundles/format/channel-map.js';
import type { ChannelMap, ChannelRelease } from '../snaps/channel/channel-map.js';
import { isProgressive } from '../snaps/channel/rollout.js';
import { formatChannel } from '../snaps/channel/channel.js';
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

function currentOf<R extends Pick<ChannelRelease, 'architecture' | 'channel'>>(
  map: readonly R[],
  wanted: BundledRelease,
): R | undefined {
  const name = formatChannel(wanted.channel);
  return map.find(
    ({ architecture, channel }) => architecture === wanted.architecture && formatChannel(channel) === name,
  );
}

/**
 * Whether a pushed release is news: a higher revision is, and so is a lower one that the publisher
 * released there later (a roll-back upstream). A file that was carried over late is not. Where the operator
 * decided, only what is higher than all that was there before, or released after the decision, is news.
 */
function isNewer(
  wanted: BundledRelease,
  current: ChannelRelease,
  decided: OperatorDecision | undefined,
): boolean {
  if (current.revision === null && !decided) return true;
  if (wanted.revision > (decided?.highest ?? current.revision ?? 0)) return true;
  return wanted.releasedAt !== undefined && wanted.releasedAt > current.releasedAt;
}

/**
 * Compares what a file says of the channels with what they point at.
 *
 * @param available - the revisions that the store holds after the push; a release of any other is passed over
 * @param force - move channels back too, as `--push-channel-map` asks
 * @param now - release time of what the file gives none for
 * @param decisions - the channels that the operator moved last
 */
export function planChannels(
  map: ChannelMap,
  wanted: readonly BundledRelease[],
  available: ReadonlySet<number>,
  force: boolean,
  now: Date,
  decisions: readonly OperatorDecision[] = [],
): ChannelPlan {
  const releases: ChannelRelease[] = [];
  const outcomes: ChannelOutcome[] = [];
  for (const release of wanted) {
    if (!available.has(release.revision)) continue;
    const { architecture, channel, revision } = release;
    // Of two revisions in one file for the same channel, the second is held against the first.
    const earlier = currentOf(releases, release);
    const current = earlier ?? currentOf(map, release);
    const decided = earlier ? undefined : currentOf(decisions, release);
    const from = current?.revision ?? null;
    const moves =
      !current ||
      // Out to a part of the devices, it goes to all of them.
      (from === revision ? force && isProgressive(current) : force || isNewer(release, current, decided));
    if (moves) releases.push({ architecture, channel, revision, releasedAt: release.releasedAt ?? now });
    const stays = decided && (from === null || revision > from) ? 'decided' : 'kept';
    const outcome = moves ? 'moved' : from === revision ? 'unchanged' : stays;
    outcomes.push({ channel: formatChannel(channel), architecture, from, to: revision, outcome });
  }
  return { releases, outcomes };
}
