import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { StoreError } from '../common/errors.js';
import { NotificationsService } from '../database/notifications.service.js';
import { TransactionsService } from '../database/transactions.service.js';
import { Watches, type Watcher } from '../database/watcher.js';
import { AuditService } from '../management/audit/audit.service.js';
import type { ChangeOptions } from '../management/change-options.js';
import { CATALOGUE_CHANNEL, CatalogueService } from './catalogue.service.js';
import {
  CategoriesRepository,
  type CategoryCount,
  type CategorySnaps,
  type StoredCategories,
} from './categories.repository.js';
import { snapCategoriesView } from './categories.view.js';
import { PreparedAnswers } from './prepared-answers.js';
import { FEATURED, type SnapCategory } from './snap.js';

/** Longest name of a category, in characters. */
export const MAX_CATEGORY_LENGTH = 64;
/** Most categories of one snap. */
export const MAX_CATEGORIES = 16;

/** Memory for lists of categories, in bytes: one for each brand store, and a public one. */
const CATEGORIES_BYTES = 4 << 20;

/** The form of the official store: `server-and-cloud`. */
const CATEGORY = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** The categories of a snap that devices get. */
export interface SnapCategories {
  readonly categories: readonly SnapCategory[];
  /** Whether the operator chose them; otherwise they were imported. */
  readonly isChosen: boolean;
}

/** The outcome of a choice: the categories that devices get from now on. */
export interface ChosenCategories extends SnapCategories {
  readonly changed: boolean;
}

/** The categories of snaps: the imported ones, or the operator's choice. */
@Injectable()
@Watches()
export class CategoriesService implements OnApplicationShutdown, Watcher {
  private readonly prepared: PreparedAnswers<readonly string[]>;
  private unsubscribe: (() => void) | undefined;

  constructor(
    private readonly repository: CategoriesRepository,
    private readonly catalogue: CatalogueService,
    private readonly transactions: TransactionsService,
    private readonly audit: AuditService,
    notifications: NotificationsService,
  ) {
    this.prepared = new PreparedAnswers(notifications, CATALOGUE_CHANNEL, CATEGORIES_BYTES);
  }

  /** Keeps the answers for devices in memory until any unit changes a snap: for a server. */
  async watch(): Promise<void> {
    this.unsubscribe = await this.prepared.watch();
  }

  onApplicationShutdown(): void {
    this.unsubscribe?.();
  }

  /**
   * The categories of a snap.
   *
   * @throws StoreError `not-found` on an unknown snap
   */
  async get(snapName: string): Promise<SnapCategories> {
    const found = await this.transactions.run((tx) => this.repository.find(tx, snapName, false));
    if (found) return snapCategories(found);
    throw new StoreError(
      'not-found',
      `cannot show the categories of ${quoted(snapName)}: the store holds no snap of that name`,
    );
  }

  /** All categories with the number of their snaps, sorted by name. */
  async count(): Promise<CategoryCount[]> {
    return await this.repository.count();
  }

  /** All categories with snaps, sorted by name. */
  async list(): Promise<CategorySnaps[]> {
    return await this.repository.list();
  }

  /**
   * The names of the categories that a device sees: those with public snaps or snaps of its stores.
   *
   * @param address - of the device, for its turn among other requests
   */
  async namesFor(stores: readonly string[], address: string): Promise<readonly string[]> {
    const asked = stores.toSorted();
    return await this.prepared.get(JSON.stringify(asked), address, async () => {
      const names = await this.repository.names(asked);
      return { value: names, sizeBytes: 2 * names.join().length + 50 * names.length };
    });
  }

  /**
   * Puts a snap into exactly these categories. Later imports do not change them.
   *
   * @param names - null: the imported ones
   * @throws StoreError `not-found` on an unknown snap, `invalid-request` on an invalid name,
   *   or on more than {@link MAX_CATEGORIES}
   */
  async choose(
    snapName: string,
    names: readonly string[] | null,
    { expect, settled, dryRun }: ChangeOptions<SnapCategories> = {},
  ): Promise<ChosenCategories> {
    const refuse = (code: 'invalid-request' | 'not-found', why: string) =>
      new StoreError(code, `cannot set the categories of ${quoted(snapName)}: ${why}`);
    const chosen = names && categoriesNamed(names, (why) => refuse('invalid-request', why));
    const all = async (tx: EntityManager): Promise<ChosenCategories> => {
      const found = await this.repository.find(tx, snapName, true);
      if (!found)
        throw refuse(
          'not-found',
          'the store holds no snap of that name; see `snap-store-proxy list-pushed-snaps`',
        );
      const before = snapCategories(found);
      expect?.(before);
      const after = snapCategories({ ...found, chosen });
      const changed = await this.repository.choose(tx, found.snapId, chosen);
      if (changed) {
        const [was, is] = [snapCategoriesView(before), snapCategoriesView(after)];
        this.audit.record(tx, { action: 'snap.set-categories', subject: snapName, before: was, after: is });
        await this.catalogue.publishChange(tx, found.snapId);
      }
      settled?.(after);
      return { ...after, changed };
    };
    return await this.transactions.run(all, { dryRun });
  }
}

function snapCategories({ chosen, imported }: StoredCategories): SnapCategories {
  return { categories: chosen ?? imported, isChosen: chosen !== null };
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}

function categoriesNamed(names: readonly string[], refuse: (why: string) => StoreError): SnapCategory[] {
  const wrong = names.find((name) => name.length > MAX_CATEGORY_LENGTH || !CATEGORY.test(name));
  if (wrong !== undefined)
    throw refuse(
      `${quoted(wrong)} is not a category name: use up to ${MAX_CATEGORY_LENGTH} lower-case letters, digits and single dashes`,
    );
  const different = [...new Set(names)].toSorted();
  if (different.length > MAX_CATEGORIES)
    throw refuse(`${different.length} categories are too many: give up to ${MAX_CATEGORIES}`);
  return different.map((name) => ({ name, featured: name === FEATURED }));
}
