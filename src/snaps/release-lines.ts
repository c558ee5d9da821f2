import { formatChannel, shortChannelName } from './channel/channel.js';
import type { ReleaseOutcome } from './releases.service.js';

/** What a command did to a channel, as `list-overrides` writes such lines. */
export function releaseLine(name: string, { channel, architecture, from, to }: ReleaseOutcome): string {
  const place = `${name} ${shortChannelName(channel)} ${architecture}`;
  if (from === to) return `${place} ${to ?? 'closed'} (as before)`;
  return `${place} ${to ?? 'closed'} (was ${from ?? 'closed'})`;
}

/** The same for machines. */
export function releasesJson(name: string, outcomes: readonly ReleaseOutcome[]): object {
  return {
    name,
    channels: outcomes.map(({ channel, architecture, from, to }) => ({
      channel: formatChannel(channel),
      architecture,
      revision: to,
      'previous-revision': from,
    })),
  };
}
