import type { ListedRevision } from '../catalogue/holdings.service.js';
import { inDisplayOrder } from '../channels/channel-map.js';
import { formatChannel, shortChannelName } from '../channels/channel.js';
import { digestToHex } from '../common/crypto/digest.js';
import type { PushedSnap } from './inventory.service.js';

/** Formats a size: in readable units, or in bytes. */
export type ShowSize = (bytes: number) => string;

export const PUSHED_SNAP_HEAD = [
  'Name',
  'Stores',
  'Version',
  'Revision',
  'Channels',
  'Architectures',
  'Size',
  'Pushed',
];

/** The day of a time, in UTC. */
export function shownDay(time: Date): string {
  return time.toISOString().slice(0, 10);
}

/** The channels that point at a revision, in the format of `release`. */
function channelsOf({ channels, defaultTrack }: PushedSnap, { revision }: ListedRevision): string {
  const names = inDisplayOrder(channels, defaultTrack)
    .filter((release) => release.revision === revision)
    .map(({ channel }) => shortChannelName(channel));
  return [...new Set(names)].join(',') || '-';
}

/** One row for each released revision. If no revision is released, one row for the newest. `info` shows all of them. */
export function pushedSnapRows(snap: PushedSnap, size: ShowSize): string[][] {
  const released = snap.revisions.filter((one) => channelsOf(snap, one) !== '-');
  const shown = released.length > 0 ? released : snap.revisions.slice(-1);
  return shown
    .toReversed()
    .map((one) => [
      snap.name,
      snap.stores.join(','),
      one.version,
      String(one.revision),
      channelsOf(snap, one),
      one.architectures.join(','),
      size(one.sizeBytes),
      shownDay(one.pushedAt),
    ]);
}

/** The JSON of a snap, which `fetch-snaps --have` reads. */
export function pushedSnapJson(snap: PushedSnap): Record<string, unknown> {
  const { name, snapId, stores, revisions, components, channels } = snap;
  return {
    name,
    'snap-id': snapId,
    stores,
    private: snap.isPrivate,
    'default-track': snap.defaultTrack,
    revisions: revisions.map((one) => ({
      revision: one.revision,
      version: one.version,
      architectures: one.architectures,
      size: one.sizeBytes,
      'sha3-384': digestToHex(one.digest),
      'pushed-at': one.pushedAt.toISOString(),
    })),
    components: components.map((component) => ({
      name: component.name,
      revision: component.revision,
      size: component.sizeBytes,
      'sha3-384': digestToHex(component.digest),
    })),
    channels: channels.map(({ architecture, channel, revision, releasedAt }) => ({
      channel: formatChannel(channel),
      architecture,
      revision,
      'released-at': releasedAt.toISOString(),
    })),
  };
}
