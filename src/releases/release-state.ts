import type { ReleaseRecord } from '../catalogue/release-record.js';
import { isInForce } from '../channels/channel-override.js';
import { formatChannel, shortChannelName, type Channel } from '../channels/channel.js';
import { currentReleases, historyOf, type StepBack } from '../channels/release-history.js';
import { isProgressive } from '../channels/rollout.js';
import { StoreError } from '../common/errors.js';

// What a snap's history says of its channels now.

/** What an architecture of a channel points at, for those devices that no release to some reaches; null where it is closed. */
export function openRevision(there: readonly ReleaseRecord[], architecture: string): number | null {
  const settled = historyOf(there, architecture).find((release) => !isProgressive(release));
  return settled && isInForce(settled.expiresAt, Date.now()) ? settled.revision : null;
}

/** When what is open ends by itself. */
export function endInForce(current: ReleaseRecord | undefined): Date | undefined {
  if (!current || current.revision === null) return undefined;
  return isInForce(current.expiresAt, Date.now()) ? current.expiresAt : undefined;
}

/**
 * The end of what a channel goes back to.
 *
 * @param there - the history of the channel, the newest first
 * @throws StoreError `conflict` where it is over, and what is there now has none to go on with
 */
export function endToRestore(
  name: string,
  there: readonly ReleaseRecord[],
  { channel, architecture, revision }: Pick<ReleaseRecord, 'channel' | 'architecture'> & StepBack,
): Date | 'never' {
  const own = historyOf(there, architecture);
  const restored = own.find((release) => release.revision === revision && !isProgressive(release));
  const end = restored?.expiresAt;
  if (end === undefined) return 'never';
  const now = Date.now();
  const other = isInForce(end, now) ? end : endInForce(own[0]);
  if (other !== undefined) return other;
  throw new StoreError(
    'conflict',
    `cannot roll back ${name}: what ${shortChannelName(channel)} pointed at before ended at ${end.toISOString()}; use \`snap-store-proxy release ${name} ${revision} ${shortChannelName(channel)} --until DATE\`, or --until never`,
  );
}

/** Now, and later than all that is there, or a release for `all` architectures would go before it. */
export function timeAfter(there: readonly ReleaseRecord[]): Date {
  const latest = Math.max(0, ...there.map(({ releasedAt }) => releasedAt.getTime()));
  return new Date(Math.max(Date.now(), latest + 1));
}

/** Whether a release is on a channel. */
export function isAt(release: ReleaseRecord, channel: Channel): boolean {
  return formatChannel(release.channel) === formatChannel(channel);
}

/** Channels without those that come again. */
export function eachOnce(channels: readonly Channel[]): Channel[] {
  return [...new Map(channels.map((channel) => [formatChannel(channel), channel])).values()];
}

/** What is open on a channel, by architecture. */
export function openAt(history: readonly ReleaseRecord[], channel: Channel): ReleaseRecord[] {
  return currentReleases(history)
    .filter((release) => isAt(release, channel) && release.revision !== null)
    .filter(({ expiresAt }) => isInForce(expiresAt, Date.now()))
    .toSorted((a, b) => (a.architecture < b.architecture ? -1 : 1));
}
