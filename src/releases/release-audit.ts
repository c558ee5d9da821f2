import { formatChannel } from '../channels/channel.js';
import type { AuditEntry } from '../management/audit/audit.service.js';
import type { ReleaseOutcome } from './release-outcome.js';

/** What changes the releases of a snap. */
export type ReleaseAction = 'snap.release' | 'snap.close' | 'snap.rollback';

/** A change of channels for the audit trail; undefined if no channel changed. */
export function releaseEntry(
  action: ReleaseAction,
  name: string,
  outcomes: readonly ReleaseOutcome[],
): AuditEntry | undefined {
  const changes = outcomes.filter(({ isChange }) => isChange);
  if (changes.length === 0) return undefined;
  return {
    action,
    subject: name,
    before: changes.map((change) => ({
      ...placeOf(change),
      ...stateOf(change.from, change.untilBefore),
      ...(change.ended && {
        progressive: { revision: change.ended.revision, percentage: change.ended.percentage },
      }),
    })),
    after: changes.map((change) => ({
      ...placeOf(change),
      ...stateOf(change.to, change.until),
      ...(change.percentage !== undefined && { percentage: change.percentage }),
    })),
  };
}

function placeOf({ channel, architecture }: ReleaseOutcome): object {
  return { channel: formatChannel(channel), architecture };
}

function stateOf(revision: number | null, until: Date | undefined): object {
  return { revision, ...(until && { 'expires-at': until.toISOString() }) };
}
