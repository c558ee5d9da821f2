import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { areStorable } from '../common/storable-text.js';
import { DatabaseService } from '../database/database.service.js';
import { FEATURED, type SnapCategory } from './snap.js';

/** A category with the names of the snaps in it. */
export interface CategorySnaps {
  readonly name: string;
  readonly snaps: readonly string[];
}

/** A category with the number of its snaps. */
export interface CategoryCount {
  readonly name: string;
  readonly snaps: number;
}

/** The categories of one snap. */
export interface StoredCategories {
  readonly snapId: string;
  readonly imported: readonly SnapCategory[];
  /** null: the operator chose none. */
  readonly chosen: readonly SnapCategory[] | null;
}

/** Snaps with each of their categories. */
const CATEGORIES = `
  from snap s, jsonb_to_recordset(coalesce(s.chosen_categories, s.categories)) entry (name text, featured boolean),
    lateral (values (entry.name), (case when entry.featured then $1 end)) category (name)
  where s.name <> '' and category.name <> ''`;

/** Reads and writes the categories of snaps. */
@Injectable()
export class CategoriesRepository {
  constructor(private readonly database: DatabaseService) {}

  /** All categories with snaps, sorted by name. */
  async list(): Promise<CategorySnaps[]> {
    return await this.database.query<CategorySnaps>(
      `select category.name, array_agg(distinct s.name order by s.name) as snaps ${CATEGORIES}
       group by category.name order by category.name collate "C"`,
      [FEATURED],
    );
  }

  /** The sorted names of categories with listed snaps that are public or of some brand stores. */
  async names(stores: readonly string[]): Promise<string[]> {
    const rows = await this.database.query<{ name: string }>(
      `select category.name ${CATEGORIES}
         and s.visibility = 'public' and (s.store_id is null or s.store_id = any ($2))
       group by category.name order by category.name collate "C"`,
      [FEATURED, stores],
    );
    return rows.map(({ name }) => name);
  }

  /** All categories with the number of their snaps, sorted by name. */
  async count(): Promise<CategoryCount[]> {
    return await this.database.query<CategoryCount>(
      `select category.name, count(distinct s.snap_id)::int as snaps ${CATEGORIES}
       group by category.name order by category.name collate "C"`,
      [FEATURED],
    );
  }

  /** The categories of a snap. @param isLocked - until the transaction ends */
  async find(tx: EntityManager, name: string, isLocked: boolean): Promise<StoredCategories | undefined> {
    if (!areStorable([name])) return undefined;
    const rows = await tx.query<StoredCategories[]>(
      `select snap_id as "snapId", categories as imported, chosen_categories as chosen from snap
       where name = $1 and name <> '' ${isLocked ? 'for update' : ''}`,
      [name],
    );
    return rows[0];
  }

  /** @returns whether anything changed */
  async choose(
    tx: EntityManager,
    snapId: string,
    categories: readonly SnapCategory[] | null,
  ): Promise<boolean> {
    const [, changed] = await tx.query<[unknown, number]>(
      `update snap set chosen_categories = $2::jsonb, updated_at = now()
       where snap_id = $1 and chosen_categories is distinct from $2::jsonb`,
      [snapId, categories && JSON.stringify(categories)],
    );
    return changed > 0;
  }
}
