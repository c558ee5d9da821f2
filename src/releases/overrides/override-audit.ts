import type { ChannelOverride } from '../../channels/channel-override.js';
import { formatChannel } from '../../channels/channel.js';
import type { AuditEntry } from '../../management/audit/audit.service.js';

/**
 * A change of the overrides of a snap for the audit trail.
 *
 * @param before - all overrides of the snap
 * @returns undefined if they are the same
 */
export function overrideEntry(
  name: string,
  before: readonly ChannelOverride[],
  after: readonly ChannelOverride[],
): AuditEntry | undefined {
  const [earlier, later] = [keysOf(before), keysOf(after)];
  const gone = before.filter((override) => !later.has(keyOf(override)));
  const added = after.filter((override) => !earlier.has(keyOf(override)));
  if (gone.length + added.length === 0) return undefined;
  return {
    action: added.length > 0 ? 'override.set' : 'override.delete',
    subject: name,
    before: gone.map(shown),
    after: added.map(shown),
  };
}

function keysOf(overrides: readonly ChannelOverride[]): ReadonlySet<string> {
  return new Set(overrides.map(keyOf));
}

function keyOf(override: ChannelOverride): string {
  return JSON.stringify(shown(override));
}

function shown({ channel, architecture, revision, until, group }: ChannelOverride): object {
  return {
    channel: formatChannel(channel),
    architecture,
    revision,
    ...(group !== undefined && { group }),
    ...(until && { 'expires-at': until.toISOString() }),
  };
}
