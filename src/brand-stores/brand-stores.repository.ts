import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DatabaseService } from '../database/database.service.js';
import type { BrandStore } from './brand-store.js';

const STORES = 'select store_id as "storeId", brand_id as "brandId", parent_id as "parentId" from store';

/** The brand stores. */
@Injectable()
export class BrandStoresRepository {
  constructor(private readonly database: DatabaseService) {}

  /** Every store, by its id. */
  async findAll(): Promise<BrandStore[]> {
    return await this.database.query<BrandStore>(`${STORES} order by store_id collate "C"`);
  }

  /** A store, locked until the transaction ends. */
  async find(tx: EntityManager, storeId: string): Promise<BrandStore | undefined> {
    const rows = await tx.query<BrandStore[]>(`${STORES} where store_id = $1 for key share`, [storeId]);
    return rows[0];
  }

  /** The stores of a brand, in order. */
  async findIdsOf(tx: EntityManager, brandId: string): Promise<string[]> {
    const rows = await tx.query<{ id: string }[]>(
      'select store_id as id from store where brand_id = $1 order by store_id',
      [brandId],
    );
    return rows.map(({ id }) => id);
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
}
