import { formatChannel } from '../../channels/channel.js';
import type { OverrideView } from './overrides.service.js';

/** An override as JSON of the management API. */
export function overrideView(override: OverrideView) {
  const { name, snapId, channel, architecture, revision, upstreamRevision, group, until } = override;
  return {
    name,
    'snap-id': snapId,
    channel: formatChannel(channel),
    architecture,
    revision,
    'upstream-revision': upstreamRevision,
    group: group ?? null,
    'expires-at': until?.toISOString() ?? null,
  };
}

/** The overrides of a snap. */
export function snapOverridesView(overrides: readonly OverrideView[]) {
  return { items: overrides.map(overrideView) };
}
