import type { ReleaseRecord } from '../catalogue/release-record.js';
import { inDisplayOrder } from '../channels/channel-map.js';
import { isInForce } from '../channels/channel-override.js';
import { formatChannel } from '../channels/channel.js';
import { currentReleases } from '../channels/release-history.js';
import { actorView, type ActorView } from '../management/audit/actor.view.js';
import { openRevision } from './release-state.js';

/** The open releases of a snap, by channel and architecture. */
export interface ChannelMapState {
  readonly name: string;
  /** All its releases, the newest first. */
  readonly history: readonly ReleaseRecord[];
  /** The track of devices that name none. */
  readonly defaultTrack: string | null;
}

/** A channel as JSON. */
export interface OpenChannelView {
  readonly channel: string;
  readonly architecture: string;
  readonly revision: number | null;
  /** Of a progressive release; the other devices get `other-revision`. */
  readonly percentage: number | null;
  readonly 'other-revision': number | null;
  readonly 'released-at': string;
  readonly 'expires-at': string | null;
  readonly origin: string;
  readonly actor: ActorView | null;
}

/** The channels of a snap that have a revision, without overrides. */
export function channelMapView({ name, history, defaultTrack }: ChannelMapState): {
  name: string;
  'default-track': string | null;
  channels: OpenChannelView[];
} {
  const now = Date.now();
  const open = currentReleases(history).filter(
    ({ revision, expiresAt }) => revision !== null && isInForce(expiresAt, now),
  );
  const channels = inDisplayOrder(open, defaultTrack).map((release) => openChannelView(release, history));
  return { name, 'default-track': defaultTrack, channels };
}

function openChannelView(release: ReleaseRecord, history: readonly ReleaseRecord[]): OpenChannelView {
  const { channel, architecture, revision, percentage, releasedAt, expiresAt, origin, actor } = release;
  const there = history.filter((one) => formatChannel(one.channel) === formatChannel(channel));
  return {
    channel: formatChannel(channel),
    architecture,
    revision,
    percentage: percentage ?? null,
    'other-revision': percentage === undefined ? null : openRevision(there, architecture),
    'released-at': releasedAt.toISOString(),
    'expires-at': expiresAt?.toISOString() ?? null,
    origin,
    actor: actorView(actor),
  };
}
