import { formatChannel, shortChannelName } from '../channels/channel.js';
import type { ReleaseOutcome } from './release-outcome.js';

/**
 * The text for a channel without a revision: it was closed, it expired, or nothing was ever released to it.
 * `history` shows the reason.
 */
export const EMPTY = 'empty';

function endText(until: Date | undefined): string {
  return until === undefined ? '' : ` until ${until.toISOString()}`;
}

/** The result of a command for a channel, in the format of `list-overrides`. */
export function releaseLine(name: string, outcome: ReleaseOutcome): string {
  const { channel, architecture, from, to, percentage, until, untilBefore, ended } = outcome;
  const line = `${name} ${shortChannelName(channel)} ${architecture} ${to ?? 'closed'}${endText(until)}`;
  if (percentage !== undefined) return `${line} to ${percentage}% of the devices (${from} to the others)`;
  const was = `was ${from ?? EMPTY}`;
  if (ended) return `${line} (${was}, and ${ended.revision} to ${ended.percentage}% of the devices)`;
  if (from !== to) return `${line} (${was})`;
  if (until?.getTime() === untilBefore?.getTime()) return `${line} (unchanged)`;
  return `${line} (was ${untilBefore === undefined ? 'without an expiry' : endText(untilBefore).trimStart()})`;
}

/** The same as JSON. */
export function releasesJson(name: string, outcomes: readonly ReleaseOutcome[]): object {
  return {
    name,
    channels: outcomes.map(({ channel, architecture, from, to, percentage, until }) => ({
      channel: formatChannel(channel),
      architecture,
      revision: to,
      'previous-revision': from,
      ...(percentage !== undefined && { percentage }),
      ...(until && { 'expires-at': until.toISOString() }),
    })),
  };
}
