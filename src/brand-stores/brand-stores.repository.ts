import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DatabaseService } from '../database/database.service.js';
import type { BrandStore } from './brand-store.js';

const STORES = 'select store_id as "storeId", brand_id as "brandId", parent_id as "parentId" from store';

/** A brand store and the names of its snaps. */
export interface StoreSnaps extends BrandStore {
  readonly snaps: readonly { readonly name: string; readonly isPrivate: boolean }[];
}

/** The brand stores, and the snaps that belong to them. */
@Injectable()
export class BrandStoresRepository {
  constructor(private readonly database: DatabaseService) {}

  async findAll(): Promise<BrandStore[]> {
    return await this.database.query<BrandStore>(STORES);
  }

  /** Every store, sorted by id, with its own snaps sorted by name. */
  async findAllWithSnaps(): Promise<StoreSnaps[]> {
    return await this.database.query<StoreSnaps>(
      `select t.*, coalesce((select json_agg(
           json_build_object('name', s.name, 'isPrivate', s.visibility = 'private') order by s.name)
         from snap s where s.store_id = t."storeId" and s.name <> ''), '[]') as snaps
       from (${STORES}) t order by t."storeId" collate "C"`,
    );
  }

  /**
   * @returns the store that owns each snap, null if it is public; snaps that are not in this store are omitted
   */
  async findOwners(snapIds: readonly string[]): Promise<ReadonlyMap<string, string | null>> {
    const rows = await this.database.query<{ snap_id: string; store_id: string | null }>(
      'select snap_id, store_id from snap where snap_id = any ($1)',
      [snapIds],
    );
    return new Map(rows.map((row) => [row.snap_id, row.store_id]));
  }

  /** A store, locked until the transaction ends. */
  async find(tx: EntityManager, storeId: string): Promise<BrandStore | undefined> {
    const rows = await tx.query<BrandStore[]>(`${STORES} where store_id = $1 for key share`, [storeId]);
    return rows[0];
  }

  /** Every store, locked against changes until the transaction ends. */
  async lockAll(tx: EntityManager): Promise<Map<string, BrandStore>> {
    await tx.query('lock table store in share row exclusive mode');
    const stores = await tx.query<BrandStore[]>(STORES);
    return new Map(stores.map((store) => [store.storeId, store]));
  }

  async put(tx: EntityManager, { storeId, brandId, parentId }: BrandStore): Promise<void> {
    await tx.query(
      `insert into store (store_id, brand_id, parent_id) values ($1, $2, $3)
       on conflict (store_id) do update set brand_id = excluded.brand_id, parent_id = excluded.parent_id`,
      [storeId, brandId, parentId],
    );
  }

  async remove(tx: EntityManager, storeId: string): Promise<void> {
    await tx.query('delete from store where store_id = $1', [storeId]);
  }

  /** Names of the snaps that a store owns. */
  async snapsOf(tx: EntityManager, storeId: string): Promise<string[]> {
    const rows = await tx.query<{ name: string }[]>(
      'select name from snap where store_id = $1 order by name',
      [storeId],
    );
    return rows.map(({ name }) => name);
  }

  /**
   * Gives a snap to a store; null makes it public.
   *
   * @param isPrivate - undefined: unchanged if the snap stays in its store, else false
   * @returns whether anything changed
   */
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
