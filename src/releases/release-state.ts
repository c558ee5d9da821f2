import type { ReleaseRecord } from '../catalogue/release-record.js';
import { isInForce } from '../channels/channel-override.js';
import { formatChannel, shortChannelName, type Channel } from '../channels/channel.js';
import { currentReleases, historyOf, type StepBack } from '../channels/release-history.js';
import { isProgressive } from '../channels/rollout.js';
import { StoreError } from '../common/errors.js';

// The present state of channels, from a snap's history.

/** The revision of a channel for an architecture, without progressive releases; null if it is closed. */
export function openRevision(there: readonly ReleaseRecord[], architecture: string): number | null {
  const settled = historyOf(there, architecture).find((release) => !isProgressive(release));
  return settled && isInForce(settled.expiresAt, Date.now()) ? settled.revision : null;
}

/** When an open release expires. */
export function endInForce(current: ReleaseRecord | undefined): Date | undefined {
  if (!current || current.revision === null) return undefined;
  return isInForce(current.expiresAt, Date.now()) ? current.expiresAt : undefined;
}

/**
 * The expiry of the release that a channel returns to.
 *
 * @param there - the history of the channel, the newest first
 * @throws StoreError `conflict` if it is past, and the present release has none to use instead
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
    `cannot roll back ${name}: the earlier release to ${shortChannelName(channel)} expired at ${end.toISOString()}; use \`snap-store-proxy release ${name} ${revision} ${shortChannelName(channel)} --until DATE\`, or --until never`,
  );
}

/** The present time, but later than all earlier releases. Otherwise a release for `all` architectures would win. */
export function timeAfter(there: readonly ReleaseRecord[]): Date {
  const latest = Math.max(0, ...there.map(({ releasedAt }) => releasedAt.getTime()));
  return new Date(Math.max(Date.now(), latest + 1));
}

/** Whether a release is on a channel. */
export function isAt(release: ReleaseRecord, channel: Channel): boolean {
  return formatChannel(release.channel) === formatChannel(channel);
}

/** Removes repeated channels. */
export function eachOnce(channels: readonly Channel[]): Channel[] {
  return [...new Map(channels.map((channel) => [formatChannel(channel), channel])).values()];
}

/** The open releases of a channel, by architecture. */
export function openAt(history: readonly ReleaseRecord[], channel: Channel): ReleaseRecord[] {
  return currentReleases(history)
    .filter((release) => isAt(release, channel) && release.revision !== null)
    .filter(({ expiresAt }) => isInForce(expiresAt, Date.now()))
    .toSorted((a, b) => (a.architecture < b.architecture ? -1 : 1));
}
