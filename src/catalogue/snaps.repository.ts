import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { StoreError } from '../common/errors.js';
import { areStorable } from '../common/storable-text.js';
import { isUniqueViolation } from '../database/transactions.service.js';
import { SNAP_SQL, SnapRecord, type SnapRow } from './snap-record.js';
import type { Snap, SnapRevision } from './snap.js';

const PUT = `insert into snap (snap_id, name, publisher_id, type, title, summary, description, license, contact, website,
    store_url, links, media, categories, default_track)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
  on conflict (snap_id) do update set name = excluded.name, publisher_id = excluded.publisher_id,
    type = excluded.type, title = excluded.title, summary = excluded.summary, description = excluded.description,
    license = excluded.license, contact = excluded.contact, website = excluded.website,
    store_url = excluded.store_url, links = excluded.links, media = excluded.media,
    categories = excluded.categories, default_track = excluded.default_track, updated_at = now()`;

/** The rows of snaps and their revisions, within a transaction. */
@Injectable()
export class SnapsRepository {
  /** Blocks other changes of the same snap until the transaction ends. */
  async lock(tx: EntityManager, snapId: string): Promise<void> {
    await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`snap ${snapId}`]);
  }

  async find(tx: EntityManager, snapId: string): Promise<SnapRecord | undefined> {
    const rows = await tx.query<SnapRow[]>(`${SNAP_SQL} where s.snap_id = $1`, [snapId]);
    return rows.map(({ record }) => new SnapRecord(record))[0];
  }

  /** The snap-id with this name, or undefined. */
  async findId(tx: EntityManager, name: string): Promise<string | undefined> {
    if (!areStorable([name])) return undefined;
    const rows = await tx.query<{ snap_id: string }[]>(
      `select snap_id from snap where name = $1 and name <> ''`,
      [name],
    );
    return rows[0]?.snap_id;
  }

  /** The revisions in the store, the newest first. */
  async heldRevisions(tx: EntityManager, snapId: string): Promise<number[]> {
    const rows = await tx.query<{ revision: number }[]>(
      'select revision from snap_revision where snap_id = $1 order by revision desc',
      [snapId],
    );
    return rows.map(({ revision }) => revision);
  }

  /** The architectures of a revision, or undefined if the store does not hold it. */
  async findArchitectures(
    tx: EntityManager,
    snapId: string,
    revision: number,
  ): Promise<string[] | undefined> {
    const rows = await tx.query<{ architectures: string[] }[]>(
      'select architectures from snap_revision where snap_id = $1 and revision = $2',
      [snapId, revision],
    );
    return rows[0]?.architectures;
  }

  /** The versions of revisions in the store. */
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

  /**
   * Adds a snap, or updates its description; the operator's choices stay.
   *
   * @throws StoreError `conflict` if another snap has the name
   */
  async put(tx: EntityManager, snap: Snap): Promise<void> {
    const row = [
      snap.snapId,
      snap.name,
      snap.publisherId,
      snap.type,
      snap.title,
      snap.summary,
      snap.description,
      snap.license,
      snap.contact,
      snap.website,
      snap.storeUrl,
      JSON.stringify(snap.links),
      JSON.stringify(snap.media),
      JSON.stringify(snap.categories),
      snap.defaultTrack,
    ];
    await withFreeName(snap.name, async () => await tx.query(PUT, row));
  }

  /**
   * Applies a newer snap-declaration: the name (none, if it is revoked) and the publisher.
   *
   * @returns whether the snap is in the store and was changed
   * @throws StoreError `conflict` if another snap has the name
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

  /** @returns whether anything changed */
  async chooseDefaultTrack(tx: EntityManager, snapId: string, track: string | null): Promise<boolean> {
    const [, changed] = await tx.query<[unknown, number]>(
      `update snap set chosen_default_track = $2, updated_at = now()
       where snap_id = $1 and chosen_default_track is distinct from $2`,
      [snapId, track],
    );
    return changed > 0;
  }

  async addRevision(tx: EntityManager, revision: SnapRevision, importId: number): Promise<void> {
    await tx.query(
      `with changed as (update snap set updated_at = now() where snap_id = $1)
       insert into snap_revision (snap_id, revision, sha3_384, size_bytes, version, type, base, confinement, epoch,
         architectures, snap_yaml, provenance, common_ids, apps, created_at, import_id)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
      [
        revision.snapId,
        revision.revision,
        revision.digest,
        revision.sizeBytes,
        revision.version,
        revision.type,
        revision.base,
        revision.confinement,
        JSON.stringify(revision.epoch),
        revision.architectures,
        revision.snapYaml,
        revision.provenance,
        revision.commonIds,
        revision.apps,
        revision.createdAt,
        importId,
      ],
    );
  }
}

/** Two imports may claim one name at the same moment; the second one fails. */
async function withFreeName<T>(name: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!isUniqueViolation(error, 'snap_name_key')) throw error;
    throw new StoreError(
      'conflict',
      `snap ${name}: the name already belongs to another snap-id in this store`,
      {
        cause: error,
      },
    );
  }
}
