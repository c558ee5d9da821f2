import type { ReleaseRecord } from '../catalogue/release-record.js';
import { formatChannel } from '../channels/channel.js';
import { actorView, type ActorView } from '../management/audit/actor.view.js';

/** A release in the history of a snap, as JSON. */
export interface HistoryEntryView {
  readonly channel: string;
  readonly architecture: string;
  /** null: it was closed. */
  readonly revision: number | null;
  readonly percentage?: number;
  readonly origin: string;
  /** The file that was pushed. */
  readonly source?: string;
  /** null for rows of versions that did not record it. */
  readonly actor: ActorView | null;
  readonly 'added-at': string;
  readonly 'released-at': string;
  readonly 'expires-at'?: string;
}

export function historyEntryView(release: ReleaseRecord): HistoryEntryView {
  const { addedAt, releasedAt, expiresAt, channel, architecture, revision, origin, source, percentage } =
    release;
  return {
    channel: formatChannel(channel),
    architecture,
    revision,
    ...(percentage !== undefined && { percentage }),
    origin,
    ...(source !== undefined && { source }),
    actor: actorView(release.actor),
    'added-at': addedAt.toISOString(),
    'released-at': releasedAt.toISOString(),
    ...(expiresAt && { 'expires-at': expiresAt.toISOString() }),
  };
}
