import { formatChannel } from '../channels/channel.js';
import type { ReleaseOutcome } from './release-outcome.js';

/** The result for a channel as JSON: everything that the commands show. */
export function releaseOutcomeView(outcome: ReleaseOutcome) {
  const { channel, architecture, from, to, percentage, until, untilBefore, ended, isChange } = outcome;
  return {
    channel: formatChannel(channel),
    architecture,
    revision: to,
    'previous-revision': from,
    percentage: percentage ?? null,
    'expires-at': until?.toISOString() ?? null,
    'previous-expires-at': untilBefore?.toISOString() ?? null,
    progressive: ended ? { revision: ended.revision, percentage: ended.percentage } : null,
    changed: isChange,
  };
}
