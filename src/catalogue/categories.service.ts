import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { StoreError } from '../common/errors.js';
import { NotificationsService } from '../database/notifications.service.js';
import { TransactionsService } from '../database/transactions.service.js';
import { Watches, type Watcher } from '../database/watcher.js';
import { CATALOGUE_CHANNEL, CatalogueService } from './catalogue.service.js';
import { CategoriesRepository, type CategorySnaps } from './categories.repository.js';
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

/** The outcome of a choice: the categories that devices get from now on. */
export interface ChosenCategories {
  readonly categories: readonly SnapCategory[];
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
  async choose(snapName: string, names: readonly string[] | null): Promise<ChosenCategories> {
    const refuse = (code: 'invalid-request' | 'not-found', why: string) =>
      new StoreError(code, `cannot set the categories of ${quoted(snapName)}: ${why}`);
    const chosen = names && categoriesNamed(names, (why) => refuse('invalid-request', why));
    const entry = await this.catalogue.findByName(snapName);
    if (!entry)
      throw refuse(
        'not-found',
        'the store holds no snap of that name; see `snap-store-proxy list-pushed-snaps`',
      );
    const { snapId } = entry;
    const changed = await this.transactions.run(async (tx) => {
      if (!(await this.repository.choose(tx, snapId, chosen))) return false;
      await this.catalogue.publishChange(tx, snapId);
      return true;
    });
    return { categories: chosen ?? entry.snap.categories, changed };
  }
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
