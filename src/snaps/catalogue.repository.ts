import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { areStorable } from '../common/storable-text.js';
import { unpooledBytes } from '../common/json-template.js';
import { StoreError } from '../common/errors.js';
import { DatabaseService } from '../database/database.service.js';
import { isUniqueViolation } from '../database/transactions.js';
import { channelOf } from './channel/channel-map.js';
import type { ChannelRelease } from './channel/channel-map.js';
import type { Risk } from './channel/channel.js';
import type { Snap, SnapRevision } from './snap.js';
import { SnapEntity } from './snap.entity.js';
import { SnapRevisionEntity } from './snap-revision.entity.js';

/** A snap with its channels and the revisions they point at, as read in one query. */
export interface SnapRecord {
  readonly snap: Snap;
  readonly channelMap: readonly ChannelRelease[];
  readonly released: readonly SnapRevision[];
}

/** A snap as the names catalogue lists it. */
export interface CatalogueName {
  readonly name: string;
  readonly summary: string;
  readonly version: string;
  readonly apps: readonly string[];
}

interface ReleaseRow {
  architecture: string;
  track: string;
  risk: Risk;
  branch: string;
  revision: number | null;
  released_at: string;
}

type RevisionRow = Omit<SnapRevision, 'digest' | 'createdAt'> & { digest: string; createdAt: string };

interface SnapRow {
  snap: Snap;
  releases: ReleaseRow[] | null;
  revisions: RevisionRow[] | null;
}

const SNAP_JSON = `json_build_object('snapId', s.snap_id, 'name', s.name, 'publisherId', s.publisher_id, 'type', s.type,
  'title', s.title, 'summary', s.summary, 'description', s.description, 'license', s.license, 'contact', s.contact,
  'website', s.website, 'storeUrl', s.store_url, 'links', s.links, 'media', s.media, 'categories', s.categories,
  'defaultTrack', s.default_track)`;

const REVISION_JSON = `json_build_object('snapId', r.snap_id, 'revision', r.revision, 'digest', encode(r.sha3_384, 'hex'),
  'sizeBytes', r.size_bytes, 'version', r.version, 'type', r.type, 'base', r.base, 'confinement', r.confinement,
  'epoch', r.epoch, 'architectures', r.architectures, 'snapYaml', r.snap_yaml, 'provenance', r.provenance,
  'commonIds', r.common_ids, 'apps', r.apps, 'createdAt', r.created_at)`;

/** One indexed look-up of a snap with everything that a device can ask of it. */
const SNAP_SQL = `
  select ${SNAP_JSON} as snap,
    (select json_agg(c) from channel_current c where c.snap_id = s.snap_id) as releases,
    (select json_agg(${REVISION_JSON}) from snap_revision r where r.snap_id = s.snap_id
       and r.revision in (select c.revision from channel_current c where c.snap_id = s.snap_id)) as revisions
  from snap s`;

function toRelease(row: ReleaseRow): ChannelRelease {
  return {
    architecture: row.architecture,
    channel: channelOf(row.track, row.risk, row.branch),
    revision: row.revision,
    releasedAt: new Date(row.released_at),
  };
}

/** The longest text of a revision is kept outside the heap: a server remembers ten thousand of them. */
function toRevision({ snapYaml, ...row }: RevisionRow): SnapRevision {
  const yaml = unpooledBytes(snapYaml);
  return {
    ...row,
    digest: unpooledBytes(row.digest, 'hex'),
    createdAt: new Date(row.createdAt),
    get snapYaml() {
      return yaml.toString();
    },
  };
}

function toRecord({ snap, releases, revisions }: SnapRow): SnapRecord {
  return { snap, channelMap: (releases ?? []).map(toRelease), released: (revisions ?? []).map(toRevision) };
}

/** The tables of snaps, revisions and channels. */
@Injectable()
export class CatalogueRepository {
  constructor(private readonly database: DatabaseService) {}

  async findByName(name: string): Promise<SnapRecord | undefined> {
    return (await this.query<SnapRow>(`${SNAP_SQL} where s.name = $1 and s.name <> ''`, [name])).map(
      toRecord,
    )[0];
  }

  async findById(snapId: string): Promise<SnapRecord | undefined> {
    return (await this.query<SnapRow>(`${SNAP_SQL} where s.snap_id = $1`, [snapId])).map(toRecord)[0];
  }

  async findRevision(snapId: string, revision: number): Promise<SnapRevision | undefined> {
    const rows = await this.query<{ revision: RevisionRow }>(
      `select ${REVISION_JSON} as revision from snap_revision r where r.snap_id = $1 and r.revision = $2`,
      [snapId, revision],
    );
    return rows.map((row) => toRevision(row.revision))[0];
  }

  /** Every snap with its channels and revisions, by name; for listings of the whole store. */
  async findAll(): Promise<SnapRecord[]> {
    return (await this.query<SnapRow>(`${SNAP_SQL} order by s.name`, [])).map(toRecord);
  }

  /** Every revision of every snap, without the text of its snap.yaml. */
  async findAllRevisions(): Promise<
    {
      snapId: string;
      revision: number;
      digest: Buffer;
      sizeBytes: number;
      architectures: string[];
      version: string;
    }[]
  > {
    const rows = await this.query<{
      snap_id: string;
      revision: number;
      sha3_384: Buffer;
      size_bytes: string;
      architectures: string[];
      version: string;
    }>(
      'select snap_id, revision, sha3_384, size_bytes, architectures, version from snap_revision order by snap_id, revision',
      [],
    );
    return rows.map((row) => ({
      snapId: row.snap_id,
      revision: row.revision,
      digest: row.sha3_384,
      sizeBytes: Number(row.size_bytes),
      architectures: row.architectures,
      version: row.version,
    }));
  }

  /** Names of the snaps that answer a search, best first: exact name, name prefix, name, title, then texts. */
  async searchNames(text: string, limit: number): Promise<string[]> {
    const rows = await this.query<{ name: string }>(
      `select name from (
         select s.name, case when s.name = lower($1) then 0 when starts_with(s.name, lower($1)) then 1
           when strpos(s.name, lower($1)) > 0 then 2 when strpos(lower(s.title), lower($1)) > 0 then 3
           when strpos(lower(s.summary), lower($1)) > 0 then 4 when strpos(lower(s.description), lower($1)) > 0 then 5 end as rank
         from snap s where s.name <> '') ranked
       where rank is not null order by rank, name limit $2`,
      [text, limit],
    );
    return rows.map(({ name }) => name);
  }

  async namesWithPrefix(prefix: string, limit: number): Promise<string[]> {
    const rows = await this.query<{ name: string }>(
      `select name from snap where starts_with(name, $1) and name <> '' order by name limit $2`,
      [prefix, limit],
    );
    return rows.map(({ name }) => name);
  }

  /** Every snap that devices of an architecture can see, by name, in its safest release on the default track. */
  async listNames(architecture: string): Promise<CatalogueName[]> {
    return await this.query<CatalogueName>(
      `select s.name, s.summary, r.version, r.apps
       from snap s
       join lateral (
         select c.revision from channel_current c
         where c.snap_id = s.snap_id and c.revision is not null and c.architecture in ($1, 'all')
         order by c.branch = '' desc, c.track = coalesce(s.default_track, 'latest') desc, c.track,
           array_position(array['stable', 'candidate', 'beta', 'edge'], c.risk), c.released_at desc
         limit 1) best on true
       join snap_revision r on r.snap_id = s.snap_id and r.revision = best.revision
       where s.name <> '' order by s.name`,
      [architecture],
    );
  }

  async namesWithCommonId(commonId: string, limit: number): Promise<string[]> {
    const rows = await this.query<{ name: string }>(
      `select distinct s.name from snap s join snap_revision r using (snap_id) where $1 = any (r.common_ids) and s.name <> '' order by 1 limit $2`,
      [commonId, limit],
    );
    return rows.map(({ name }) => name);
  }

  async namesInCategory(category: string, limit: number): Promise<string[]> {
    const rows = await this.query<{ name: string }>(
      `select name from snap where name <> '' and categories @> jsonb_build_array(jsonb_build_object('name', $1::text)) order by name limit $2`,
      [category, limit],
    );
    return rows.map(({ name }) => name);
  }

  async categoryNames(): Promise<string[]> {
    const rows = await this.query<{ name: string }>(
      `select distinct category ->> 'name' as name from snap, jsonb_array_elements(categories) category order by 1`,
      [],
    );
    return rows.map(({ name }) => name);
  }

  /** Holds off other imports of the same snap until the transaction ends. */
  async lockSnap(tx: EntityManager, snapId: string): Promise<void> {
    await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`snap ${snapId}`]);
  }

  async findInTransaction(tx: EntityManager, snapId: string): Promise<SnapRecord | undefined> {
    const rows = await tx.query<SnapRow[]>(`${SNAP_SQL} where s.snap_id = $1`, [snapId]);
    return rows.map(toRecord)[0];
  }

  /** The snap-id that holds a name now, or undefined. */
  async findHolderOfName(tx: EntityManager, name: string): Promise<string | undefined> {
    const rows = await tx.query<{ snap_id: string }[]>(
      `select snap_id from snap where name = $1 and name <> ''`,
      [name],
    );
    return rows[0]?.snap_id;
  }

  async revisionNumbers(tx: EntityManager, snapId: string): Promise<Set<number>> {
    const rows = await tx.query<{ revision: number }[]>(
      'select revision from snap_revision where snap_id = $1',
      [snapId],
    );
    return new Set(rows.map(({ revision }) => revision));
  }

  async putSnap(tx: EntityManager, snap: Snap): Promise<void> {
    const columns = [
      'name',
      'publisher_id',
      'type',
      'title',
      'summary',
      'description',
      'license',
      'contact',
      'website',
    ];
    columns.push('store_url', 'links', 'media', 'categories', 'default_track');
    const insert = tx
      .createQueryBuilder()
      .insert()
      .into(SnapEntity)
      .values({
        ...snap,
        links: mutableLinks(snap.links),
        media: [...snap.media],
        categories: [...snap.categories],
      })
      .orUpdate(columns, ['snap_id']);
    await withFreeName(snap.name, () => insert.execute());
  }

  /**
   * Takes over what a newer snap-declaration says: the name (none, where it is revoked) and the publisher.
   *
   * @returns whether the snap is here and was not so before
   * @throws StoreError `conflict` where another snap has the name
   */
  async applyDeclaration(
    tx: EntityManager,
    snapId: string,
    name: string,
    publisherId: string,
  ): Promise<boolean> {
    const [, changed] = await withFreeName(name, () =>
      tx.query<[unknown, number]>(
        `update snap set name = $2, publisher_id = $3, updated_at = now()
         where snap_id = $1 and (name <> $2 or publisher_id <> $3)`,
        [snapId, name, publisherId],
      ),
    );
    return changed > 0;
  }

  async addBlob(tx: EntityManager, digest: Buffer, sizeBytes: number): Promise<void> {
    await tx.query('insert into blob (sha3_384, size_bytes) values ($1, $2) on conflict do nothing', [
      digest,
      sizeBytes,
    ]);
  }

  async addRevision(tx: EntityManager, revision: SnapRevision, importId: number): Promise<void> {
    await tx.insert(SnapRevisionEntity, {
      ...revision,
      architectures: [...revision.architectures],
      commonIds: [...revision.commonIds],
      apps: [...revision.apps],
      epoch: { read: [...revision.epoch.read], write: [...revision.epoch.write] },
      importId,
    });
  }

  /** Points a channel at a revision, or closes it; what it pointed at before stays on record. */
  async addRelease(
    tx: EntityManager,
    snapId: string,
    release: ChannelRelease,
    importId: number,
  ): Promise<void> {
    const { architecture, channel, revision, releasedAt } = release;
    await tx.query(
      `insert into channel_release (snap_id, architecture, track, risk, branch, revision, released_at, import_id)
       values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        snapId,
        architecture,
        channel.track,
        channel.risk,
        channel.branch ?? '',
        revision,
        releasedAt,
        importId,
      ],
    );
  }

  /** @returns the id of the new import */
  async addImport(
    tx: EntityManager,
    source: string,
    kind: string,
    bundleCreatedAt: Date | null,
  ): Promise<number> {
    const rows = await tx.query<{ id: string }[]>(
      'insert into import_job (source, kind, bundle_created_at) values ($1, $2, $3) returning id',
      [source, kind, bundleCreatedAt],
    );
    return Number(rows[0]?.id);
  }

  private async query<Row>(sql: string, parameters: unknown[]): Promise<Row[]> {
    if (!areStorable(parameters)) return [];
    const dataSource = await this.database.ready();
    return await dataSource.query<Row[]>(sql, parameters);
  }
}

/** Two imports may claim one name at the same moment; the second is told so. */
async function withFreeName<T>(name: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!isUniqueViolation(error, 'snap_name_key')) throw error;
    throw new StoreError('conflict', `snap ${name}: the name belongs to another snap-id in this store`, {
      cause: error,
    });
  }
}

function mutableLinks(links: Snap['links']): Record<string, string[]> {
  return Object.fromEntries(Object.entries(links).map(([key, urls]) => [key, [...urls]]));
}
