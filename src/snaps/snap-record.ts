import { unpooledBytes } from '../common/json-template.js';
import { LruCache } from '../common/lru-cache.js';
import { channelOf, type ChannelRelease } from './channel/channel-map.js';
import type { Channel, Risk } from './channel/channel.js';
import type { Snap, SnapRevision } from './snap.js';

interface ReleaseRow {
  readonly architecture: string;
  readonly track: string;
  readonly risk: Risk;
  readonly branch: string;
  readonly revision: number | null;
  readonly released_at: string;
}

/** A revision as {@link REVISION_JSON} gives it. */
export type RevisionRow = Omit<SnapRevision, 'digest' | 'createdAt'> & {
  readonly digest: string;
  readonly createdAt: string;
};

/** What {@link SNAP_SQL} answers: one JSON text for each snap. */
export interface SnapRow {
  readonly record: string;
}

interface SnapJson {
  readonly snap: Snap;
  readonly releases: readonly ReleaseRow[] | null;
  readonly revisions: readonly RevisionRow[] | null;
}

const SNAP_JSON = `json_build_object('snapId', s.snap_id, 'name', s.name, 'publisherId', s.publisher_id, 'type', s.type,
  'title', s.title, 'summary', s.summary, 'description', s.description, 'license', s.license, 'contact', s.contact,
  'website', s.website, 'storeUrl', s.store_url, 'links', s.links, 'media', s.media, 'categories', s.categories,
  'chosenCategories', s.chosen_categories, 'defaultTrack', s.default_track)`;

export const REVISION_JSON = `json_build_object('snapId', r.snap_id, 'revision', r.revision, 'digest', encode(r.sha3_384, 'hex'),
  'sizeBytes', r.size_bytes, 'version', r.version, 'type', r.type, 'base', r.base, 'confinement', r.confinement,
  'epoch', r.epoch, 'architectures', r.architectures, 'snapYaml', r.snap_yaml, 'provenance', r.provenance,
  'commonIds', r.common_ids, 'apps', r.apps, 'createdAt', r.created_at)`;

/** One indexed look-up of a snap with everything that a device can ask of it. */
export const SNAP_SQL = `
  select json_build_object('snap', ${SNAP_JSON},
    'releases', (select json_agg(c) from channel_current c where c.snap_id = s.snap_id),
    'revisions', (select json_agg(${REVISION_JSON}) from snap_revision r where r.snap_id = s.snap_id
       and r.revision in (select c.revision from channel_current c where c.snap_id = s.snap_id)))::text as record
  from snap s`;

/** Different channels are few, and those of ten thousand snaps are mostly the same. */
const SHARED_CHANNELS = 1_000;
const channels = new LruCache<Channel>(SHARED_CHANNELS);

function sharedChannel({ track, risk, branch }: ReleaseRow): Channel {
  const key = `${track}/${risk}/${branch}`;
  const known = channels.get(key);
  if (known) return known;
  const channel = channelOf(track, risk, branch);
  channels.set(key, channel);
  return channel;
}

function toRelease(row: ReleaseRow): ChannelRelease {
  return {
    architecture: row.architecture,
    channel: sharedChannel(row),
    revision: row.revision,
    releasedAt: new Date(row.released_at),
  };
}

export function toRevision(row: RevisionRow): SnapRevision {
  return { ...row, digest: Buffer.from(row.digest, 'hex'), createdAt: new Date(row.createdAt) };
}

interface SnapDetails {
  readonly snap: Snap;
  readonly released: ReadonlyMap<number, SnapRevision>;
}

/**
 * A snap with its channels and the revisions they point at, as read in one query. A server remembers
 * ten thousand of them: what every refresh needs is at hand, the rest stays a text outside the heap,
 * where it costs the garbage collector nothing, and is read when it is asked for.
 */
export class SnapRecord {
  readonly snapId: string;
  readonly name: string;
  readonly publisherId: string;
  readonly channelMap: readonly ChannelRelease[];
  private readonly text: Buffer;
  private details: WeakRef<SnapDetails> | undefined;

  /** @param text - the JSON that {@link SNAP_SQL} makes */
  constructor(text: string) {
    const { snap, releases } = JSON.parse(text) as SnapJson;
    this.snapId = snap.snapId;
    this.name = snap.name;
    this.publisherId = snap.publisherId;
    this.channelMap = (releases ?? []).map(toRelease);
    this.text = unpooledBytes(text);
  }

  get snap(): Snap {
    return this.read().snap;
  }

  /** The revisions that some channel points at; others are read when asked for. */
  get released(): ReadonlyMap<number, SnapRevision> {
    return this.read().released;
  }

  /** Kept until the next collection of garbage: one question often reads it several times. */
  private read(): SnapDetails {
    const known = this.details?.deref();
    if (known) return known;
    const { snap, revisions } = JSON.parse(this.text.toString()) as SnapJson;
    const released = new Map((revisions ?? []).map((row) => [row.revision, toRevision(row)]));
    const details = { snap, released };
    this.details = new WeakRef(details);
    return details;
  }
}
