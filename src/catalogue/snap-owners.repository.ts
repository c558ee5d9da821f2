import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DatabaseService } from '../database/database.service.js';

/** A snap of a brand store. */
export interface OwnedSnap {
  readonly storeId: string;
  readonly name: string;
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

  async assign(
    tx: EntityManager,
    snapId: string,
    storeId: string | null,
    isPrivate: boolean | undefined,
  ): Promise<boolean> {
    const [, changed] = await tx.query<[unknown, number]>(
      `update snap set store_id = $2, updated_at = now(), visibility =
         coalesce($3, case when store_id is not distinct from $2 then visibility else 'public' end)
       where snap_id = $1 and (store_id is distinct from $2 or visibility <> coalesce($3, visibility))`,
      [snapId, storeId, isPrivate === undefined ? null : isPrivate ? 'private' : 'public'],
    );
    return changed > 0;
  }
}
