import { shortChannelName } from '../../channels/channel.js';
import { SERIES } from '../../common/domain/words.js';
import type { OverrideView } from './overrides.service.js';

/** Where overrides are changed; those of a snap are below. */
export const OVERRIDES_PATH = '/v2/metadata/overrides';

/** The documented answer of `/v2/metadata/overrides`; `expires_at` and `group` are ours, and there only
 * where one ends, or is not for all devices. */
export function overridesView(overrides: readonly OverrideView[]): object {
  return {
    overrides: overrides.map(
      ({ name, snapId, channel, architecture, revision, upstreamRevision, until, group }) => ({
        snap_id: snapId,
        snap_name: name,
        revision,
        upstream_revision: upstreamRevision,
        channel: shortChannelName(channel),
        architecture,
        series: SERIES,
        ...(group !== undefined && { group }),
        ...(until && { expires_at: until.toISOString() }),
      }),
    ),
  };
}
