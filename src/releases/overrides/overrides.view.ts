import { shortChannelName } from '../../channels/channel.js';
import { SERIES } from '../../common/domain/words.js';
import type { OverrideView } from './overrides.service.js';

/** The path for changing overrides. The paths for the overrides of a snap are below it. */
export const OVERRIDES_PATH = '/v2/metadata/overrides';

/** The documented response of `/v2/metadata/overrides`. `expires_at` and `group` are ours, and are present only
 * if an override expires, or is for a group. */
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
