import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { channelOf, type ChannelRelease } from '../channels/channel-map.js';
import type { Channel, Risk } from '../channels/channel.js';
import { StoreError } from '../common/errors.js';
import { isUniqueViolation } from '../database/transactions.service.js';
import { SNAP_SQL, SnapRecord, type SnapRow } from './snap-record.js';
import { SnapRevisionEntity } from './snap-revision.entity.js';
import { SnapEntity } from './snap.entity.js';
import type { Snap, SnapRevision } from './snap.js';

/** A channel that the operator moved last. */
export interface ReleaseDecision {
  readonly architecture: string;
  readonly channel: Channel;
  readonly highest: number;
}

interface DecisionRow {
  readonly architecture: string;
  readonly track: string;
  readonly risk: Risk;
  readonly branch: string;
  readonly highest: number | null;
}

/** What only an import reads and writes, inside its transaction. */
@Injectable()
export class SnapImportRepository {
  /** Holds off other imports of the same snap until the transaction ends. */
  async lockSnap(tx: EntityManager, snapId: string): Promise<void> {
    await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`snap ${snapId}`]);
  }

  async findInTransaction(tx: EntityManager, snapId: string): Promise<SnapRecord | undefined> {
    const rows = await tx.query<SnapRow[]>(`${SNAP_SQL} where s.snap_id = $1`, [snapId]);
    return rows.map(({ record }) => new SnapRecord(record))[0];
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

  /** The versions of revisions that are here. */
  async versions(
    tx: EntityManager,
    snapId: string,
    revisions: readonly number[],
  ): Promise<ReadonlyMap<number, string>> {
    if (revisions.length === 0) return new Map();
    const rows = await tx.query<{ revision: number; version: string }[]>(
      'select revision, version from snap_revision where snap_id = $1 and revision = any ($2)',
      [snapId, revisions],
    );
    return new Map(rows.map(({ revision, version }) => [revision, version]));
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
        chosenCategories: snap.chosenCategories && [...snap.chosenCategories],
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

  /** @returns whether there was anything to change */
  async chooseDefaultTrack(tx: EntityManager, snapId: string, track: string | null): Promise<boolean> {
    const [, changed] = await tx.query<[unknown, number]>(
      `update snap set chosen_default_track = $2, updated_at = now()
       where snap_id = $1 and chosen_default_track is distinct from $2`,
      [snapId, track],
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

  /** The channels that the operator moved last, with the highest revision that each ever pointed at. */
  async findDecisions(tx: EntityManager, snapId: string): Promise<ReleaseDecision[]> {
    const rows = await tx.query<DecisionRow[]>(
      `select c.architecture, c.track, c.risk, c.branch, max(h.revision) as highest
       from channel_current c join channel_release h using (snap_id, architecture, track, risk, branch)
       where c.snap_id = $1 and c.origin = 'operator'
       group by c.architecture, c.track, c.risk, c.branch`,
      [snapId],
    );
    return rows.map(({ architecture, track, risk, branch, highest }) => ({
      architecture,
      channel: channelOf(track, risk, branch),
      highest: highest ?? 0,
    }));
  }

  /** Points a channel at a revision; what it pointed at before stays on record. A branch keeps the end that it has. */
  async addRelease(
    tx: EntityManager,
    snapId: string,
    release: ChannelRelease,
    importId: number,
  ): Promise<void> {
    const { architecture, channel, revision, releasedAt } = release;
    await tx.query(
      `insert into channel_release
         (snap_id, architecture, track, risk, branch, revision, released_at, import_id, expires_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8,
         (select expires_at from channel_current c where c.snap_id = $1 and c.architecture = $2 and c.track = $3
            and c.risk = $4 and c.branch = $5 and c.revision is not null and c.expires_at > now()))`,
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
