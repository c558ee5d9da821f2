import type { CatalogueSnap } from './catalogue.service.js';
import { inDisplayOrder, type ChannelRelease } from './channel/channel-map.js';
import { shortChannelName } from './channel/channel.js';
import type { SnapRevision } from './snap.js';
import {
  downloadView,
  revisionFieldsView,
  snapFieldsView,
  timeView,
  type FieldChoice,
} from './snap-json.view.js';

function channelView({ channel, architecture, releasedAt }: ChannelRelease): object {
  return {
    architecture,
    name: shortChannelName(channel),
    'released-at': timeView(releasedAt),
    risk: channel.risk,
    track: channel.track,
  };
}

function channelMapView(
  release: ChannelRelease,
  revision: SnapRevision,
  fields: FieldChoice,
  origin: string,
): object {
  return {
    channel: channelView(release),
    ...fields.pick(revisionFieldsView(revision)),
    ...(fields.has('download') && { download: downloadView(revision, origin) }),
  };
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
  origin: string,
): object {
  const { snap, publisher, released } = entry;
  const shown = inDisplayOrder(releases, snap.defaultTrack);
  return {
    'channel-map': shown.flatMap((release) => {
      const revision = release.revision === null ? undefined : released.get(release.revision);
      return revision ? [channelMapView(release, revision, fields, origin)] : [];
    }),
    'default-track': snap.defaultTrack,
    name: snap.name,
    'snap-id': snap.snapId,
    // snapd takes name and snap-id from here, whatever fields it asked for.
    snap: { ...fields.pick(snapFieldsView(snap, publisher)), name: snap.name, 'snap-id': snap.snapId },
  };
}
