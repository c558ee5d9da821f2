import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Channel } from '../channels/channel.js';
import { DatabaseService } from '../database/database.service.js';
import { COMPONENT_JSON, toComponent, type ComponentRevision, type ComponentRow } from './component.js';

/** The revision of a component for a revision of its snap, from a snap-resource-pair. */
export interface ComponentPair {
  readonly snapId: string;
  readonly snapRevision: number;
  readonly name: string;
  readonly revision: number;
  readonly provenance: string;
}

const FIND = `select ${COMPONENT_JSON} as component from snap_component k
  where k.snap_id = $1 and k.name = $2 and k.revision = $3`;

/** The components of snaps. */
@Injectable()
export class ComponentsRepository {
  constructor(private readonly database: DatabaseService) {}

  async find(snapId: string, name: string, revision: number): Promise<ComponentRevision | undefined> {
    const rows = await this.database.query<{ component: ComponentRow }>(FIND, [snapId, name, revision]);
    return rows.map(({ component }) => toComponent(component))[0];
  }

  /** All components of all snaps, for listings of the whole store. */
  async findAll(): Promise<ComponentRevision[]> {
    const rows = await this.database.query<{ component: ComponentRow }>(
      `select ${COMPONENT_JSON} as component from snap_component k order by k.snap_id, k.name, k.revision`,
    );
    return rows.map(({ component }) => toComponent(component));
  }

  async findInTransaction(
    tx: EntityManager,
    snapId: string,
    name: string,
    revision: number,
  ): Promise<ComponentRevision | undefined> {
    const rows = await tx.query<{ component: ComponentRow }[]>(FIND, [snapId, name, revision]);
    return rows.map(({ component }) => toComponent(component))[0];
  }

  /** The snap revisions of a component's revision, also those that the store does not hold; the newest first. */
  async pairedRevisions(
    tx: EntityManager,
    { snapId, name, revision, provenance }: ComponentRevision,
  ): Promise<number[]> {
    const rows = await tx.query<{ snap_revision: number }[]>(
      `select snap_revision from snap_component_pair
       where snap_id = $1 and name = $2 and revision = $3 and provenance = $4 order by 1 desc`,
      [snapId, name, revision, provenance],
    );
    return rows.map((row) => row.snap_revision);
  }

  async add(tx: EntityManager, component: ComponentRevision, importId: number): Promise<void> {
    const { snapId, name, revision, digest, sizeBytes, type, version, description, provenance, createdAt } =
      component;
    await tx.query(
      `insert into snap_component (snap_id, name, revision, sha3_384, size_bytes, type, version, description,
         provenance, created_at, import_id)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
      [
        snapId,
        name,
        revision,
        digest,
        sizeBytes,
        type,
        version,
        description,
        provenance,
        createdAt,
        importId,
      ],
    );
  }

  /**
   * Records that a component is on a channel, unless the channel has one at least as new for the same revisions of
   * the snap.
   *
   * @param channel - undefined for all channels
   * @returns whether this is a change
   */
  async release(
    tx: EntityManager,
    { snapId, name, revision }: Pick<ComponentRevision, 'snapId' | 'name' | 'revision'>,
    channel: Channel | undefined,
    importId: () => Promise<number>,
  ): Promise<boolean> {
    const { track = null, risk = null, branch = '' } = channel ?? {};
    const [known] = await tx.query<unknown[]>(
      `select from snap_component_release c
       where c.snap_id = $1 and c.name = $2 and c.revision >= $3
         and (c.track is null or (c.track, c.risk, c.branch) = ($4, $5, $6))
         and not exists (select from snap_component_pair own
           where (own.snap_id, own.name, own.revision) = ($1, $2, $3) and not exists (
             select from snap_component_pair other where other.snap_id = $1 and other.name = $2
               and other.revision = c.revision and other.snap_revision = own.snap_revision))
       limit 1`,
      [snapId, name, revision, track, risk, branch],
    );
    if (known) return false;
    await tx.query(
      `insert into snap_component_release (snap_id, name, revision, track, risk, branch, import_id)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [snapId, name, revision, track, risk, branch, await importId()],
    );
    return true;
  }

  async addPair(tx: EntityManager, pair: ComponentPair): Promise<void> {
    await tx.query(
      `insert into snap_component_pair (snap_id, snap_revision, name, revision, provenance)
       values ($1, $2, $3, $4, $5) on conflict do nothing`,
      [pair.snapId, pair.snapRevision, pair.name, pair.revision, pair.provenance],
    );
  }

  async removePair(tx: EntityManager, pair: ComponentPair): Promise<void> {
    await tx.query(
      `delete from snap_component_pair
       where snap_id = $1 and snap_revision = $2 and name = $3 and revision = $4 and provenance = $5`,
      [pair.snapId, pair.snapRevision, pair.name, pair.revision, pair.provenance],
    );
  }
}
