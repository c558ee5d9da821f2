import { JsonTemplate } from '../common/json-template.js';
import type { CatalogueSnap } from './catalogue-snap.js';
import { inDisplayOrder, type ChannelRelease } from './channel/channel-map.js';
import { shortChannelName } from './channel/channel.js';
import type { SnapRevision } from './snap.js';
import { revisionFieldsView, snapFieldsView, timeView, type FieldChoice } from './snap-json.view.js';

function channelView({ channel, architecture, releasedAt }: ChannelRelease): object {
  return {
    architecture,
    name: shortChannelName(channel),
    'released-at': timeView(releasedAt),
    risk: channel.risk,
    track: channel.track,
  };
}

function channelMapView(release: ChannelRelease, revision: SnapRevision, fields: FieldChoice): object {
  return { channel: channelView(release), ...fields.pick(revisionFieldsView(revision)) };
}

/**
 * The body of `/v2/snaps/info/NAME`.
 *
 * @param releases - those the device can see, without branches
 * @see snapcore/snapd: store/details_v2.go, infoFromStoreInfo (the first entry is shown as the snap)
 */
export function snapInfoView(
  entry: CatalogueSnap,
  releases: readonly (ChannelRelease & { revision: number })[],
  fields: FieldChoice,
): JsonTemplate {
  const { snap, publisher, released, defaultTrack } = entry;
  const shown = inDisplayOrder(releases, defaultTrack);
  return new JsonTemplate({
    'channel-map': shown.flatMap((release) => {
      const revision = release.revision === null ? undefined : released.get(release.revision);
      return revision ? [channelMapView(release, revision, fields)] : [];
    }),
    'default-track': defaultTrack,
    name: snap.name,
    'snap-id': snap.snapId,
    // snapd takes name and snap-id from here, whatever fields it asked for.
    snap: { ...fields.pick(snapFieldsView(snap, publisher)), name: snap.name, 'snap-id': snap.snapId },
  });
}
