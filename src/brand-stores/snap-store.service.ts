import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CatalogueService } from '../catalogue/catalogue.service.js';
import { StoreError } from '../common/errors.js';
import { TransactionsService } from '../database/transactions.service.js';
import { BrandStoresService } from './brand-stores.service.js';

/** Which store a snap is in. */
export interface SnapStoreWish {
  /** null: everybody's. */
  readonly storeId: string | null;
  /** Devices of the store get it, but searches do not list it; undefined: as before, in the same store. */
  readonly isPrivate?: boolean | undefined;
}

/** Puts snaps into brand stores. */
@Injectable()
export class SnapStoreService {
  constructor(
    private readonly catalogue: CatalogueService,
    private readonly stores: BrandStoresService,
    private readonly transactions: TransactionsService,
  ) {}

  /**
   * Puts a snap into a store, whatever was said before; every unit serves it so at once.
   *
   * @returns whether it was not so before
   * @throws StoreError `not-found` where the snap or the store is not here, `invalid-request` for a private snap
   *   of everybody
   */
  async choose(name: string, wish: SnapStoreWish): Promise<boolean> {
    const quoted = JSON.stringify(name.slice(0, 80));
    if (wish.storeId === null && wish.isPrivate === true)
      throw new StoreError(
        'invalid-request',
        `cannot set the store of ${quoted}: a private snap needs a brand store`,
      );
    const entry = await this.catalogue.findByName(name);
    if (!entry)
      throw new StoreError(
        'not-found',
        `cannot set the store of ${quoted}: the store holds no snap of that name; see \`snap-store-proxy list-pushed-snaps\``,
      );
    return await this.transactions.run((tx) => this.assign(tx, entry, wish));
  }

  /** As {@link choose}, within the caller's transaction. */
  async assign(
    tx: EntityManager,
    snap: { readonly snapId: string; readonly name: string },
    wish: SnapStoreWish,
  ): Promise<boolean> {
    return await this.stores.assign(tx, snap, wish.storeId, wish.isPrivate);
  }
}
