import { channelOf, type ChannelMap, type ChannelRelease } from '../channels/channel-map.js';
import { isInForce, withOverrides, type ChannelOverride } from '../channels/channel-override.js';
import type { Channel, Risk } from '../channels/channel.js';
import { isProgressive, settledMap, type Variations } from '../channels/rollout.js';
import { unpooledBytes } from '../common/http/json-template.js';
import { LruCache } from '../common/lru-cache.js';
import { COMPONENT_RELEASES_JSON, type ComponentRelease } from './component-offer.js';
import { COMPONENT_JSON, toComponent, type ComponentRow } from './component.js';
import type { Snap, SnapRevision } from './snap.js';

interface ChannelRow {
  readonly architecture: string;
  readonly track: string;
  readonly risk: Risk;
  readonly branch: string;
  readonly expires_at: string | null;
}

interface ReleaseRow extends ChannelRow {
  readonly revision: number | null;
  readonly released_at: string;
  readonly percentage?: number | null;
}

interface OverrideRow extends ChannelRow {
  readonly revision: number;
  readonly created_at: string;
  readonly group_name: string;
}

/** A revision in the form of {@link REVISION_JSON}. */
export type RevisionRow = Omit<SnapRevision, 'digest' | 'createdAt' | 'components'> & {
  readonly digest: string;
  readonly createdAt: string;
  readonly components: readonly ComponentRow[] | null;
};

/** A result row of {@link SNAP_SQL}: one JSON string for each snap. */
export interface SnapRow {
  readonly record: string;
}

interface SnapJson {
  readonly snap: Snap;
  readonly releases: readonly ReleaseRow[] | null;
  readonly settled: readonly ReleaseRow[] | null;
  readonly overrides: readonly OverrideRow[] | null;
  readonly revisions: readonly RevisionRow[] | null;
  readonly componentReleases: readonly ComponentRelease[] | null;
}

const SNAP_JSON = `json_build_object('snapId', s.snap_id, 'name', s.name, 'publisherId', s.publisher_id, 'type', s.type,
  'title', s.title, 'summary', s.summary, 'description', s.description, 'license', s.license, 'contact', s.contact,
  'website', s.website, 'storeUrl', s.store_url, 'links', s.links, 'media', s.media, 'listedMedia', s.listed_media, 'categories', s.categories,
  'chosenCategories', s.chosen_categories, 'defaultTrack', s.default_track, 'chosenDefaultTrack', s.chosen_default_track,
  'storeId', s.store_id, 'isPrivate', s.visibility = 'private')`;

/** The components in the store for a revision, of each the newest last. */
const COMPONENTS_JSON = `(select json_agg(${COMPONENT_JSON} order by k.name, k.revision) from snap_component k
  join snap_component_pair p using (snap_id, name, revision, provenance)
  where k.snap_id = r.snap_id and p.snap_revision = r.revision)`;

export const REVISION_JSON = `json_build_object('snapId', r.snap_id, 'revision', r.revision, 'digest', encode(r.sha3_384, 'hex'),
  'sizeBytes', r.size_bytes, 'version', r.version, 'type', r.type, 'base', r.base, 'confinement', r.confinement,
  'epoch', r.epoch, 'architectures', r.architectures, 'snapYaml', r.snap_yaml, 'provenance', r.provenance,
  'commonIds', r.common_ids, 'apps', r.apps, 'createdAt', r.created_at, 'components', ${COMPONENTS_JSON})`;

/** True for few snaps. For the others, the earlier releases need not be read. */
const IS_PROGRESSIVE = `exists (select from channel_release p where p.snap_id = s.snap_id and p.percentage is not null)`;

/** The revisions on channels. */
const CURRENT_REVISIONS = `select c.revision from channel_current c where c.snap_id = s.snap_id
  union all select c.revision from channel_settled c where c.snap_id = s.snap_id and ${IS_PROGRESSIVE}
  union all select o.revision from snap_override o where o.snap_id = s.snap_id`;

/** One indexed look-up of a snap with all that a device can request. */
export const SNAP_SQL = `
  select json_build_object('snap', ${SNAP_JSON},
    'releases', (select json_agg(c) from channel_current c where c.snap_id = s.snap_id),
    'settled', (select json_agg(c) from channel_settled c where c.snap_id = s.snap_id and ${IS_PROGRESSIVE}),
    'overrides', (select json_agg(o) from snap_override o where o.snap_id = s.snap_id),
    'revisions', (select json_agg(${REVISION_JSON}) from snap_revision r where r.snap_id = s.snap_id
       and r.revision in (${CURRENT_REVISIONS})),
    'componentReleases', ${COMPONENT_RELEASES_JSON(CURRENT_REVISIONS)})::text as record
  from snap s`;

/** Different channels are few: those of ten thousand snaps are mostly the same. */
const SHARED_CHANNELS = 1_000;
const channels = new LruCache<Channel>(SHARED_CHANNELS);

function sharedChannel({ track, risk, branch }: ChannelRow): Channel {
  const key = `${track}/${risk}/${branch}`;
  const known = channels.get(key);
  if (known) return known;
  const channel = channelOf(track, risk, branch);
  channels.set(key, channel);
  return channel;
}

/** An expired branch is like a closed one. */
function toRelease(row: ReleaseRow, now: number): ChannelRelease {
  return {
    architecture: row.architecture,
    channel: sharedChannel(row),
    revision: isInForce(expiryOf(row), now) ? row.revision : null,
    releasedAt: new Date(row.released_at),
    ...(row.percentage && { percentage: row.percentage }),
  };
}

function toOverride(row: OverrideRow): ChannelOverride {
  return {
    architecture: row.architecture,
    channel: sharedChannel(row),
    revision: row.revision,
    since: new Date(row.created_at),
    until: expiryOf(row),
    ...(row.group_name !== '' && { group: row.group_name }),
  };
}

function expiryOf({ expires_at: text }: ChannelRow): Date | undefined {
  return text === null ? undefined : new Date(text);
}

/** The earliest expiry of the rows that are valid now. */
function firstExpiry(rows: readonly ChannelRow[], now: number): number | undefined {
  const times = rows.flatMap((row) => expiryOf(row)?.getTime() ?? []).filter((time) => time > now);
  return times.length === 0 ? undefined : Math.min(...times);
}

function variationsOf(
  releases: ChannelMap,
  overrides: readonly ChannelOverride[],
  now: number,
): Variations | undefined {
  const progressive = releases.filter(isProgressive);
  const groupOverrides = overrides
    .filter(({ group, until }) => group !== undefined && isInForce(until, now))
    .toSorted((a, b) => ((a.group ?? '') < (b.group ?? '') ? -1 : 1));
  return progressive.length + groupOverrides.length === 0 ? undefined : { progressive, groupOverrides };
}

export function toRevision(row: RevisionRow): SnapRevision {
  return {
    ...row,
    digest: Buffer.from(row.digest, 'hex'),
    createdAt: new Date(row.createdAt),
    components: row.components?.map(toComponent),
  };
}

/** The approximate heap memory of a snap, and of each of its releases. */
const RECORD_BYTES = 1_500;
const RELEASE_BYTES = 200;

interface SnapDetails {
  readonly snap: Snap;
  readonly released: ReadonlyMap<number, SnapRevision>;
  readonly componentReleases: readonly ComponentRelease[];
}

/**
 * A snap with its channels and their revisions, read in one query. A server keeps ten thousand of them in memory. The
 * data for every refresh is parsed. The rest stays a string outside the heap, where it does not burden the garbage
 * collector, and is parsed on request.
 */
export class SnapRecord {
  readonly snapId: string;
  readonly name: string;
  readonly publisherId: string;
  /** The operator's choice, or the imported one. */
  readonly defaultTrack: string | null;
  readonly storeId: string | null;
  /** The releases of the channels, from pushes and commands. */
  readonly releases: ChannelMap;
  /** The releases for all devices, without overrides. During a progressive release, the one before it. */
  readonly settled: ChannelMap;
  /** The differences between devices; undefined for most snaps. */
  readonly variations: Variations | undefined;
  /** The releases that all devices see: the settled ones with the overrides applied. */
  readonly channelMap: ChannelMap;
  /** When the next override or branch expires, in milliseconds. */
  readonly validUntil: number | undefined;
  private readonly text: Buffer;
  private details: WeakRef<SnapDetails> | undefined;

  /**
   * @param text - the JSON that {@link SNAP_SQL} makes
   * @param now - decides which overrides and branches have expired
   */
  constructor(text: string, now = Date.now()) {
    const { snap, releases, settled, overrides } = JSON.parse(text) as SnapJson;
    this.snapId = snap.snapId;
    this.name = snap.name;
    this.publisherId = snap.publisherId;
    this.storeId = snap.storeId;
    const chosen = snap.chosenDefaultTrack;
    this.defaultTrack = chosen === '' ? null : (chosen ?? snap.defaultTrack);
    this.releases = (releases ?? []).map((row) => toRelease(row, now));
    const before = (settled ?? []).map((row) => toRelease(row, now));
    this.settled = settledMap(this.releases, before);
    const held = (overrides ?? []).map(toOverride);
    const forAll = held.filter(({ group }) => group === undefined);
    this.channelMap = withOverrides(this.settled, forAll, now);
    this.variations = variationsOf(this.releases, held, now);
    this.validUntil = firstExpiry([...(releases ?? []), ...(settled ?? []), ...(overrides ?? [])], now);
    this.text = unpooledBytes(text);
  }

  /** Its memory: the string, and the parsed part. */
  get sizeBytes(): number {
    return this.text.length + RECORD_BYTES + RELEASE_BYTES * this.releases.length;
  }

  get snap(): Snap {
    return this.read().snap;
  }

  /** The revisions on channels; others are read on request. */
  get released(): ReadonlyMap<number, SnapRevision> {
    return this.read().released;
  }

  /** The pushes of components to its channels, the last one last. */
  get componentReleases(): readonly ComponentRelease[] {
    return this.read().componentReleases;
  }

  /** Whether {@link released} has a revision. */
  mentions(revision: number): boolean {
    const isIt = (release: { readonly revision: number | null }) => release.revision === revision;
    return (
      this.releases.some(isIt) ||
      this.settled.some(isIt) ||
      this.channelMap.some(isIt) ||
      this.variations?.groupOverrides.some(isIt) === true
    );
  }

  /** Kept until the next garbage collection, because one request often reads it several times. */
  private read(): SnapDetails {
    const known = this.details?.deref();
    if (known) return known;
    const { snap, revisions, componentReleases } = JSON.parse(this.text.toString()) as SnapJson;
    const released = new Map((revisions ?? []).map((row) => [row.revision, toRevision(row)]));
    const details = { snap, released, componentReleases: componentReleases ?? [] };
    this.details = new WeakRef(details);
    return details;
  }
}
