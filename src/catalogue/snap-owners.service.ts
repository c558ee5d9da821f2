import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CatalogueService } from './catalogue.service.js';
import { SnapOwnersRepository, type OwnedSnap } from './snap-owners.repository.js';

export type { OwnedSnap } from './snap-owners.repository.js';

/** Maps snaps to the brand stores that own them; snaps without one are public. */
@Injectable()
export class SnapOwnersService {
  constructor(
    private readonly owners: SnapOwnersRepository,
    private readonly catalogue: CatalogueService,
  ) {}

  /** All owned snaps with a name, sorted by name. */
  async list(): Promise<OwnedSnap[]> {
    return await this.owners.findAll();
  }

  /** @returns the store that owns each snap, null if it is public; unknown snaps are omitted */
  async find(snapIds: readonly string[]): Promise<ReadonlyMap<string, string | null>> {
    return await this.owners.find(snapIds);
  }

  /** Names of the snaps that a store owns. */
  async namesIn(tx: EntityManager, storeId: string): Promise<string[]> {
    return await this.owners.namesIn(tx, storeId);
  }

  /**
   * Assigns a snap to a store; null makes it public. Every unit serves it like this after the commit.
   *
   * @param isPrivate - undefined: unchanged if it stays in its store, otherwise false
   * @returns whether anything changed
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
