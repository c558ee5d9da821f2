import type { CatalogueSnap } from '../../catalogue/catalogue-snap.js';
import {
  revisionFieldsView,
  snapFieldsView,
  timeView,
  type FieldChoice,
} from '../../catalogue/snap-json.view.js';
import type { SnapRevision } from '../../catalogue/snap.js';
import { inDisplayOrder, type ChannelRelease } from '../../channels/channel-map.js';
import { shortChannelName } from '../../channels/channel.js';
import { StoreError } from '../../common/errors.js';
import { JsonTemplate } from '../../common/http/json-template.js';
import { MAX_ANSWER_BYTES } from '../../common/limits.js';

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
  entry: CatalogueSnap,
  release: ChannelRelease,
  revision: SnapRevision,
  fields: FieldChoice,
): object {
  const components = entry.componentsOf(revision, release.channel);
  return { channel: channelView(release), ...fields.pick(revisionFieldsView(revision, components)) };
}

function tooLarge(name: string): StoreError {
  return new StoreError(
    'too-large',
    `cannot show ${JSON.stringify(name)}: the snap-yaml of its channels exceeds ${MAX_ANSWER_BYTES / 2} bytes; request without this field`,
  );
}

/**
 * The body of `/v2/snaps/info/NAME`.
 *
 * @param releases - the releases that the device can see, without branches
 * @throws StoreError `too-large` if it exceeds the limit of an answer
 * @see snapcore/snapd: store/details_v2.go, infoFromStoreInfo (the first entry is shown as the snap)
 */
export function snapInfoView(
  entry: CatalogueSnap,
  releases: readonly (ChannelRelease & { revision: number })[],
  fields: FieldChoice,
): JsonTemplate {
  const { snap, publisher, released, defaultTrack } = entry;
  const shown = inDisplayOrder(releases, defaultTrack);
  let sizeBytes = 0;
  return new JsonTemplate({
    'channel-map': shown.flatMap((release) => {
      const revision = release.revision === null ? undefined : released.get(release.revision);
      if (!revision) return [];
      // A revision on many channels would have the same long string in each entry.
      sizeBytes += fields.has('snap-yaml') ? Buffer.byteLength(revision.snapYaml) : 0;
      if (sizeBytes > MAX_ANSWER_BYTES / 2) throw tooLarge(snap.name);
      return [channelMapView(entry, release, revision, fields)];
    }),
    'default-track': defaultTrack,
    name: snap.name,
    'snap-id': snap.snapId,
    // snapd reads name and snap-id from here, with any requested fields.
    snap: { ...fields.pick(snapFieldsView(snap, publisher)), name: snap.name, 'snap-id': snap.snapId },
  });
}
