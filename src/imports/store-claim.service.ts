import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Assertion } from '../assertions/format/assertion.js';
import type { BrandStore } from '../brand-stores/brand-store.js';
import { BrandStoresService, type StoreOutcome } from '../brand-stores/brand-stores.service.js';
import { SnapStoreService } from '../brand-stores/snap-store.service.js';
import { StoreError } from '../common/errors.js';
import { header } from './snap-facts.js';
import type { SnapImport } from './snap-import.js';

/** What a push says of brand stores. */
export interface StoreClaim {
  /** The brand store that the file's snaps belong to. */
  readonly storeId?: string | undefined;
  /**
   * The file is a store's export: the stores of its store assertions are added, and of its snaps only those
   * belong to the store that are new here and that the store's brand publishes; others are everybody's.
   */
  readonly isStoreExport?: boolean | undefined;
}

/** A claim with its store looked up. */
export interface SettledClaim {
  readonly store: BrandStore | undefined;
  readonly isStoreExport: boolean;
  /** The stores that the file brought. */
  readonly stores: readonly StoreOutcome[];
}

/** Puts what a push brings into brand stores, inside the import's transaction. */
@Injectable()
export class StoreClaimService {
  constructor(
    private readonly stores: BrandStoresService,
    private readonly snapStores: SnapStoreService,
  ) {}

  /**
   * Adds the stores of an export and finds the store that snaps will belong to.
   *
   * @param assertions - all that the file holds, verified
   * @param hasSnaps - whether there is anything that has to belong to one
   * @throws StoreError `invalid-bundle` for an export without a store, `invalid-request` where it has several and
   *   none is named, `not-found` where the one named is not here
   */
  async settle(
    tx: EntityManager,
    { storeId, isStoreExport = false }: StoreClaim,
    assertions: readonly Assertion[],
    hasSnaps: boolean,
  ): Promise<SettledClaim> {
    const stores = isStoreExport ? await this.addStores(tx, assertions) : [];
    const [first, second] = stores;
    if (storeId === undefined && first && second) {
      if (!hasSnaps) return { store: undefined, isStoreExport, stores };
      throw new StoreError(
        'invalid-request',
        `it holds the stores ${stores.map((store) => store.storeId).join(', ')}: say by --store which one its snaps belong to`,
      );
    }
    const named = storeId ?? first?.storeId;
    const store = named === undefined ? undefined : await this.stores.get(tx, named);
    return { store, isStoreExport, stores };
  }

  /** @returns the store that the snap belongs to now and did not before */
  async apply(
    tx: EntityManager,
    { store, isStoreExport }: SettledClaim,
    snap: SnapImport,
    isNew: boolean,
  ): Promise<string | undefined> {
    if (!store) return undefined;
    const [newest] = snap.facts;
    const isOwn = newest !== undefined && header(newest.declaration, 'publisher-id') === store.brandId;
    if (isStoreExport && !(isNew && isOwn)) return undefined;
    const changed = await this.snapStores.assign(tx, snap, { storeId: store.storeId });
    return changed ? store.storeId : undefined;
  }

  private async addStores(tx: EntityManager, assertions: readonly Assertion[]): Promise<StoreOutcome[]> {
    const newest = new Map<string, Assertion>();
    for (const assertion of assertions) {
      if (assertion.type.name !== 'store') continue;
      const [storeId = ''] = assertion.primaryKey;
      const known = newest.get(storeId);
      if (!known || known.assertionRevision < assertion.assertionRevision) newest.set(storeId, assertion);
    }
    if (newest.size === 0)
      throw new StoreError('invalid-bundle', 'it holds no store assertion: add the store with add-store');
    const outcomes: StoreOutcome[] = [];
    for (const [storeId, assertion] of newest)
      outcomes.push(await this.stores.put(tx, { storeId, brandId: header(assertion, 'operator-id') }));
    return outcomes;
  }
}
