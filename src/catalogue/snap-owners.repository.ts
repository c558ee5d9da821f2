import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DatabaseService } from '../database/database.service.js';

/** A snap of a brand store. */
export interface OwnedSnap {
  readonly storeId: string;
  readonly name: string;
  readonly isPrivate: boolean;
}

/** The store that owns a snap. */
export interface SnapOwner {
  /** null: it is public. */
  readonly storeId: string | null;
  /** Whether searches hide it. */
  readonly isPrivate: boolean;
}

/** Maps snaps to the brand stores that own them. */
@Injectable()
export class SnapOwnersRepository {
  constructor(private readonly database: DatabaseService) {}

  /** All owned snaps with a name, sorted by name. */
  async findAll(): Promise<OwnedSnap[]> {
    return await this.database.query<OwnedSnap>(
      `select store_id as "storeId", name, visibility = 'private' as "isPrivate" from snap
       where store_id is not null and name <> '' order by name`,
    );
  }

  async find(snapIds: readonly string[]): Promise<ReadonlyMap<string, string | null>> {
    const rows = await this.database.query<{ snap_id: string; store_id: string | null }>(
      'select snap_id, store_id from snap where snap_id = any ($1)',
      [snapIds],
    );
    return new Map(rows.map((row) => [row.snap_id, row.store_id]));
  }

  async namesIn(tx: EntityManager, storeId: string): Promise<string[]> {
    const rows = await tx.query<{ name: string }[]>(
      'select name from snap where store_id = $1 order by name',
      [storeId],
    );
    return rows.map(({ name }) => name);
  }

  /** The number of snaps of each store. */
  async count(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.database.query<{ store_id: string; snaps: number }>(
      'select store_id, count(*)::int as snaps from snap where store_id is not null group by store_id',
    );
    return new Map(rows.map(({ store_id: storeId, snaps }) => [storeId, snaps]));
  }

  /** The store of a snap. @param isLocked - until the transaction ends */
  async findOwner(tx: EntityManager, snapId: string, isLocked: boolean): Promise<SnapOwner | undefined> {
    const rows = await tx.query<SnapOwner[]>(
      `select store_id as "storeId", visibility = 'private' as "isPrivate" from snap
       where snap_id = $1 ${isLocked ? 'for update' : ''}`,
      [snapId],
    );
    return rows[0];
  }

  async assign(tx: EntityManager, snapId: string, { storeId, isPrivate }: SnapOwner): Promise<void> {
    await tx.query('update snap set store_id = $2, visibility = $3, updated_at = now() where snap_id = $1', [
      snapId,
      storeId,
      isPrivate ? 'private' : 'public',
    ]);
  }
}
