import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { AssertionRef } from '../assertions/format/assertion.js';
import { SnapOwnersService, type OwnedSnap } from '../catalogue/snap-owners.service.js';
import { StoreError } from '../common/errors.js';
import { groupBy } from '../common/group-by.js';
import { TransactionsService } from '../database/transactions.service.js';
import { AuditService } from '../management/audit/audit.service.js';
import type { ChangeOptions } from '../management/change-options.js';
import type { Expectation } from '../management/operators.service.js';
import { checkBrandId, checkStoreId, withParents, type BrandStore } from './brand-store.js';
import { BrandStoresRepository } from './brand-stores.repository.js';
import { SnapVisibilityService } from './snap-visibility.service.js';
import { storeView } from './store.view.js';

/** A store as the operator defines it. A missing parent stays unchanged. */
export interface StoreWish {
  readonly storeId: string;
  readonly brandId: string;
  /** null: none. */
  readonly parentId?: string | null | undefined;
}

/** A brand store and its snaps, sorted by name. */
export interface StoreSnaps extends BrandStore {
  readonly snaps: readonly Omit<OwnedSnap, 'storeId'>[];
}

/** A brand store and the number of its snaps. */
export interface StoreCount extends BrandStore {
  readonly snaps: number;
}

/** The result for a store. */
export interface StoreOutcome extends BrandStore {
  readonly outcome: 'added' | 'changed' | 'unchanged';
}

/** Manages brand stores for the operator, who can see all of them. */
@Injectable()
export class BrandStoresService {
  constructor(
    private readonly repository: BrandStoresRepository,
    private readonly owners: SnapOwnersService,
    private readonly visibility: SnapVisibilityService,
    private readonly transactions: TransactionsService,
    private readonly audit: AuditService,
  ) {}

  /** Every store with its snaps, by its id. */
  async list(): Promise<StoreSnaps[]> {
    const snaps = groupBy(await this.owners.list(), ({ storeId }) => storeId);
    return (await this.repository.findAll()).map((store) => ({
      ...store,
      snaps: (snaps.get(store.storeId) ?? []).map(({ name, isPrivate }) => ({ name, isPrivate })),
    }));
  }

  /** Every store with the number of its snaps, by its id. */
  async listCounted(): Promise<StoreCount[]> {
    const [stores, counts] = await Promise.all([this.repository.findAll(), this.owners.count()]);
    return stores.map((store) => ({ ...store, snaps: counts.get(store.storeId) ?? 0 }));
  }

  /** @throws StoreError `not-found` if the store does not exist */
  async show(storeId: string): Promise<BrandStore> {
    const what = `show store ${JSON.stringify(storeId.slice(0, 80))}`;
    return await this.transactions.run((tx) => this.get(tx, storeId, what));
  }

  /**
   * Adds a store, or changes its brand and parent.
   *
   * @throws StoreError `invalid-request` on invalid names and on a parent below this store, `not-found` if the
   *   parent does not exist
   */
  async add(
    wish: StoreWish,
    { expect, settled, dryRun }: ChangeOptions<BrandStore | undefined> = {},
  ): Promise<StoreOutcome> {
    const all = async (tx: EntityManager) => {
      const outcome = await this.put(tx, wish, expect);
      settled?.(outcome);
      return outcome;
    };
    return await this.transactions.run(all, { dryRun });
  }

  /** As {@link add}, within the caller's transaction. */
  async put(
    tx: EntityManager,
    { storeId, brandId, parentId }: StoreWish,
    expect: Expectation<BrandStore | undefined> = () => undefined,
  ): Promise<StoreOutcome> {
    const what = `add store ${JSON.stringify(storeId.slice(0, 80))}`;
    checkStoreId(storeId, what);
    checkBrandId(brandId, what);
    const stores = await this.repository.lockAll(tx);
    const before = stores.get(storeId);
    expect(before);
    const store = {
      storeId,
      brandId,
      parentId: parentId === undefined ? (before?.parentId ?? null) : parentId,
    };
    if (store.parentId !== null) checkParent(stores, storeId, store.parentId, what);
    if (before && before.brandId === brandId && before.parentId === store.parentId)
      return { ...store, outcome: 'unchanged' };
    await this.repository.put(tx, store);
    await this.visibility.publishChange(tx);
    this.audit.record(tx, {
      action: before ? 'store.change' : 'store.add',
      subject: storeId,
      before: before && storeView(before),
      after: storeView(store),
    });
    return { ...store, outcome: before ? 'changed' : 'added' };
  }

  /**
   * Removes a store that is not in use.
   *
   * @throws StoreError `not-found` if it does not exist, `conflict` if it has snaps or is a parent
   */
  async remove(storeId: string, { expect, dryRun }: ChangeOptions<BrandStore> = {}): Promise<void> {
    const all = async (tx: EntityManager) => {
      const stores = await this.repository.lockAll(tx);
      const what = `remove store ${JSON.stringify(storeId.slice(0, 80))}`;
      const before = stores.get(storeId);
      if (!before) throw noStore(what, storeId);
      expect?.(before);
      const children = [...stores.values()].filter(({ parentId }) => parentId === storeId);
      const snaps = await this.owners.namesIn(tx, storeId);
      if (snaps.length > 0)
        throw new StoreError(
          'conflict',
          `cannot ${what}: it has snaps (${shortList(snaps)}); move them with set-store`,
        );
      if (children.length > 0)
        throw new StoreError(
          'conflict',
          `cannot ${what}: it is the parent of ${shortList(children.map((child) => child.storeId))}`,
        );
      await this.repository.remove(tx, storeId);
      await this.visibility.publishChange(tx);
      this.audit.record(tx, { action: 'store.remove', subject: storeId, before: storeView(before) });
    };
    await this.transactions.run(all, { dryRun });
  }

  /** Names the stores that depend on an assertion. */
  async findUses(tx: EntityManager, { type, primaryKey: [id = ''] }: AssertionRef): Promise<string[]> {
    const shown = (storeId: string) => `brand store ${storeId}`;
    if (type === 'account') return (await this.repository.findIdsOf(tx, id)).map(shown);
    if (type === 'store' && (await this.repository.find(tx, id))) return [shown(id)];
    return [];
  }

  /**
   * A store, locked until the transaction ends.
   *
   * @param what - the request, for the error message; without it the caller's message is complete
   * @throws StoreError `not-found` if it does not exist
   */
  async get(tx: EntityManager, storeId: string, what?: string): Promise<BrandStore> {
    const store = await this.repository.find(tx, storeId);
    if (store) return store;
    throw noStore(what, storeId);
  }

  /**
   * Gives a snap to a store within the caller's transaction; null makes it public.
   *
   * @param isPrivate - devices of the store get it, but searches do not list it; undefined: unchanged in the
   *   same store
   * @returns whether anything changed
   * @throws StoreError `not-found` if the store does not exist
   */
  async assign(
    tx: EntityManager,
    snap: { readonly snapId: string; readonly name: string },
    storeId: string | null,
    isPrivate: boolean | undefined,
  ): Promise<boolean> {
    if (storeId !== null) await this.get(tx, storeId, `put snap ${JSON.stringify(snap.name)} into a store`);
    const changed = await this.owners.assign(tx, snap, storeId, isPrivate);
    if (changed) await this.visibility.publishChange(tx);
    return changed;
  }
}

function noStore(what: string | undefined, storeId: string): StoreError {
  const why = `store ${JSON.stringify(storeId.slice(0, 80))} does not exist; run \`snap-store-proxy list-stores\``;
  return new StoreError('not-found', what === undefined ? why : `cannot ${what}: ${why}`);
}

function checkParent(
  stores: ReadonlyMap<string, BrandStore>,
  storeId: string,
  parentId: string,
  what: string,
): void {
  if (!stores.has(parentId)) throw noStore(what, parentId);
  if (withParents(stores, parentId).includes(storeId))
    throw new StoreError(
      'invalid-request',
      `cannot ${what}: store ${parentId} is this store, or is below it`,
    );
}

/** The most names in one message. */
const SHOWN = 3;

function shortList(names: readonly string[]): string {
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : '';
  return `${names.slice(0, SHOWN).join(', ')}${more}`;
}
