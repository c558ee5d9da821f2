import type { BundledRelease } from '../bundles/format/channel-map.js';
import type { ChannelMap, ChannelRelease } from '../snaps/channel/channel-map.js';
import { formatChannel } from '../snaps/channel/channel.js';
import type { ChannelOutcome } from './import-report.js';

/** What a push does to the channels of one snap. */
export interface ChannelPlan {
  readonly releases: readonly ChannelRelease[];
  readonly outcomes: readonly ChannelOutcome[];
}

function currentOf(map: ChannelMap, wanted: BundledRelease): ChannelRelease | undefined {
  const name = formatChannel(wanted.channel);
  return map.find(
    ({ architecture, channel }) => architecture === wanted.architecture && formatChannel(channel) === name,
  );
}

/**
 * Whether a pushed release is news: a higher revision is, and so is a lower one that the publisher
 * released there later (a roll-back upstream). A file that was carried over late is not.
 */
function isNewer(wanted: BundledRelease, current: ChannelRelease & { revision: number }): boolean {
  if (wanted.revision > current.revision) return true;
  return wanted.releasedAt !== undefined && wanted.releasedAt > current.releasedAt;
}

/**
 * Compares what a file says of the channels with what they point at.
 *
 * @param available - the revisions that the store holds after the push; a release of any other is passed over
 * @param force - move channels back too, as `--push-channel-map` asks
 * @param now - release time of what the file gives none for
 */
export function planChannels(
  map: ChannelMap,
  wanted: readonly BundledRelease[],
  available: ReadonlySet<number>,
  force: boolean,
  now: Date,
): ChannelPlan {
  const releases: ChannelRelease[] = [];
  const outcomes: ChannelOutcome[] = [];
  for (const release of wanted) {
    if (!available.has(release.revision)) continue;
    const { architecture, channel, revision } = release;
    // Of two revisions in one file for the same channel, the second is held against the first.
    const current = currentOf(releases, release) ?? currentOf(map, release);
    const from = current?.revision ?? null;
    const moves =
      !current ||
      current.revision === null ||
      (current.revision !== revision &&
        (force || isNewer(release, { ...current, revision: current.revision })));
    if (moves) releases.push({ architecture, channel, revision, releasedAt: release.releasedAt ?? now });
    const outcome = moves ? 'moved' : from === revision ? 'unchanged' : 'kept';
    outcomes.push({ channel: formatChannel(channel), architecture, from, to: revision, outcome });
  }
  return { releases, outcomes };
}
