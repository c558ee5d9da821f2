import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CatalogueService } from './catalogue.service.js';
import { SnapOwnersRepository, type OwnedSnap } from './snap-owners.repository.js';

export type { OwnedSnap } from './snap-owners.repository.js';

/** Which snap is which brand store's; those of none are everybody's. */
@Injectable()
export class SnapOwnersService {
  constructor(
    private readonly owners: SnapOwnersRepository,
    private readonly catalogue: CatalogueService,
  ) {}

  /** Every snap with a name that is some store's, by name. */
  async list(): Promise<OwnedSnap[]> {
    return await this.owners.findAll();
  }

  /** @returns the store that owns each snap, null where it is everybody's; those that are not here are left out */
  async find(snapIds: readonly string[]): Promise<ReadonlyMap<string, string | null>> {
    return await this.owners.find(snapIds);
  }

  /** Names of the snaps that a store owns. */
  async namesIn(tx: EntityManager, storeId: string): Promise<string[]> {
    return await this.owners.namesIn(tx, storeId);
  }

  /**
   * Gives a snap to a store; null makes it everybody's. Every unit serves it so once the transaction commits.
   *
   * @param isPrivate - undefined: as before where it stays in its store, else not
   * @returns whether it was not so before
   */
  async assign(
    tx: EntityManager,
    snapId: string,
    storeId: string | null,
    isPrivate: boolean | undefined,
  ): Promise<boolean> {
    const changed = await this.owners.assign(tx, snapId, storeId, isPrivate);
    if (changed) await this.catalogue.publishChange(tx, snapId);
    return changed;
  }
}
