import { formatChannel, shortChannelName } from './channel/channel.js';
import type { ReleaseOutcome } from './releases.service.js';

/** What a command did to a channel, as `list-overrides` writes such lines. */
export function releaseLine(name: string, outcome: ReleaseOutcome): string {
  const { channel, architecture, from, to, percentage, ended } = outcome;
  const line = `${name} ${shortChannelName(channel)} ${architecture} ${to ?? 'closed'}`;
  if (percentage !== undefined) return `${line} to ${percentage}% of the devices (${from} to the others)`;
  const was = `was ${from ?? 'closed'}`;
  if (ended) return `${line} (${was}, and ${ended.revision} to ${ended.percentage}% of the devices)`;
  return from === to ? `${line} (as before)` : `${line} (${was})`;
}

/** The same for machines. */
export function releasesJson(name: string, outcomes: readonly ReleaseOutcome[]): object {
  return {
    name,
    channels: outcomes.map(({ channel, architecture, from, to, percentage }) => ({
      channel: formatChannel(channel),
      architecture,
      revision: to,
      'previous-revision': from,
      ...(percentage !== undefined && { percentage }),
    })),
  };
}
