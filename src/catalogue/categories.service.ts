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
/** The most categories that one snap is in. */
export const MAX_CATEGORIES = 16;

/** Lists of categories that are kept, in bytes: one for each brand store, and one for everybody. */
const CATEGORIES_BYTES = 4 << 20;

/** As the official store names its own: `server-and-cloud`. */
const CATEGORY = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** The outcome of a choice: what devices are told from now on. */
export interface ChosenCategories {
  readonly categories: readonly SnapCategory[];
  readonly changed: boolean;
}

/** The categories that snaps are found in: those that came with them, or those that the operator chose. */
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

  /** Keeps what devices see in memory until any unit changes a snap: for a server. */
  async watch(): Promise<void> {
    this.unsubscribe = await this.prepared.watch();
  }

  onApplicationShutdown(): void {
    this.unsubscribe?.();
  }

  /** Every category with snaps in it, by name. */
  async list(): Promise<CategorySnaps[]> {
    return await this.repository.list();
  }

  /**
   * The names of those that a device sees: with everybody's snaps in it, or those of its stores.
   *
   * @param address - of the device, for its turn where others ask as well
   */
  async namesFor(stores: readonly string[], address: string): Promise<readonly string[]> {
    const asked = stores.toSorted();
    return await this.prepared.get(JSON.stringify(asked), address, async () => {
      const names = await this.repository.names(asked);
      return { value: names, sizeBytes: 2 * names.join().length + 50 * names.length };
    });
  }

  /**
   * Puts a snap into these categories and no others, whatever later imports say.
   *
   * @param names - null: those that came with the snap
   * @throws StoreError `not-found` where the snap is not here, `invalid-request` on a name that is none,
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
        'there is no such snap in this store, see snap-store-proxy list-pushed-snaps',
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
      `${quoted(wrong)} is not a category's name: use up to ${MAX_CATEGORY_LENGTH} lower-case letters, digits and single dashes`,
    );
  const different = [...new Set(names)].toSorted();
  if (different.length > MAX_CATEGORIES)
    throw refuse(`${different.length} categories are too many: a snap is in up to ${MAX_CATEGORIES}`);
  return different.map((name) => ({ name, featured: name === FEATURED }));
}
