import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { SnapOwnersService, type SnapOwner } from '../catalogue/snap-owners.service.js';
import { SnapsService } from '../catalogue/snaps.service.js';
import { StoreError } from '../common/errors.js';
import { TransactionsService } from '../database/transactions.service.js';
import type { ChangeOptions } from '../management/change-options.js';
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
    private readonly snaps: SnapsService,
    private readonly owners: SnapOwnersService,
    private readonly stores: BrandStoresService,
    private readonly transactions: TransactionsService,
  ) {}

  /** @throws StoreError `not-found` on an unknown snap */
  async get(name: string): Promise<SnapOwner> {
    return await this.transactions.run(
      async (tx) => (await this.read(tx, `show the store of ${quoted(name)}`, name, false)).owner,
    );
  }

  /**
   * Puts a snap into a store, whatever was said before; every unit serves it so at once.
   *
   * @returns whether it was not so before
   * @throws StoreError `not-found` where the snap or the store is not here, `invalid-request` for a private snap
   *   of everybody
   */
  async choose(
    name: string,
    wish: SnapStoreWish,
    { expect, settled, dryRun }: ChangeOptions<SnapOwner> = {},
  ): Promise<boolean> {
    const what = `set the store of ${quoted(name)}`;
    if (wish.storeId === null && wish.isPrivate === true)
      throw new StoreError('invalid-request', `cannot ${what}: a private snap needs a brand store`);
    const all = async (tx: EntityManager) => {
      const { snapId, owner } = await this.read(tx, what, name, true);
      expect?.(owner);
      const changed = await this.assign(tx, { snapId, name }, wish);
      if (settled) settled((await this.read(tx, what, name, false)).owner);
      return changed;
    };
    return await this.transactions.run(all, { dryRun });
  }

  /** As {@link choose}, within the caller's transaction. */
  async assign(
    tx: EntityManager,
    snap: { readonly snapId: string; readonly name: string },
    wish: SnapStoreWish,
  ): Promise<boolean> {
    return await this.stores.assign(tx, snap, wish.storeId, wish.isPrivate);
  }

  private async read(
    tx: EntityManager,
    what: string,
    name: string,
    isLocked: boolean,
  ): Promise<{ readonly snapId: string; readonly owner: SnapOwner }> {
    const snapId = await this.snaps.findId(tx, name);
    const owner = snapId === undefined ? undefined : await this.owners.findOwner(tx, snapId, isLocked);
    if (snapId !== undefined && owner) return { snapId, owner };
    throw new StoreError(
      'not-found',
      `cannot ${what}: the store holds no snap of that name; see \`snap-store-proxy list-pushed-snaps\``,
    );
  }
}

function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 80));
}
