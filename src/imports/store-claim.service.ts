import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Assertion } from '../assertions/format/assertion.js';
import { requiredHeader } from '../assertions/format/header-text.js';
import type { BrandStore } from '../brand-stores/brand-store.js';
import { BrandStoresService, type StoreOutcome } from '../brand-stores/brand-stores.service.js';
import { SnapStoreService } from '../brand-stores/snap-store.service.js';
import { StoreError } from '../common/errors.js';
import type { SnapImport } from './snap-import.js';

/** The options of a push for brand stores. */
export interface StoreClaim {
  /** The brand store that the file's snaps belong to. */
  readonly storeId?: string | undefined;
  /**
   * Whether the file is a store's export. The stores of its store assertions are added. Only snaps that are new here and
   * that the store's brand publishes are assigned to the store; the others are not.
   */
  readonly isStoreExport?: boolean | undefined;
}

/** A claim with its store resolved. */
export interface SettledClaim {
  readonly store: BrandStore | undefined;
  readonly isStoreExport: boolean;
  /** The stores in the file. */
  readonly stores: readonly StoreOutcome[];
}

/** Assigns pushed snaps to brand stores, inside the import's transaction. */
@Injectable()
export class StoreClaimService {
  constructor(
    private readonly stores: BrandStoresService,
    private readonly snapStores: SnapStoreService,
  ) {}

  /**
   * Adds the stores of an export and finds the store that snaps will belong to.
   *
   * @param assertions - all verified assertions of the file
   * @param hasSnaps - whether the file has snaps to assign
   * @throws StoreError `invalid-bundle` for an export without a store, `invalid-request` if it has several stores and
   *   the claim names none, `not-found` if the named store does not exist
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
        `it contains the stores ${stores.map((store) => store.storeId).join(', ')}: use --store to name the one that its snaps belong to`,
      );
    }
    const named = storeId ?? first?.storeId;
    const store = named === undefined ? undefined : await this.stores.get(tx, named);
    return { store, isStoreExport, stores };
  }

  /** @returns the store that the snap was assigned to, if that changed */
  async apply(
    tx: EntityManager,
    { store, isStoreExport }: SettledClaim,
    snap: SnapImport,
    isNew: boolean,
  ): Promise<string | undefined> {
    if (!store) return undefined;
    const [newest] = snap.files;
    const isOwn =
      newest !== undefined && requiredHeader(newest.declaration, 'publisher-id') === store.brandId;
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
      throw new StoreError('invalid-bundle', 'it contains no store assertion: add the store with add-store');
    const outcomes: StoreOutcome[] = [];
    for (const [storeId, assertion] of newest)
      outcomes.push(
        await this.stores.put(tx, { storeId, brandId: requiredHeader(assertion, 'operator-id') }),
      );
    return outcomes;
  }
}
