import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditService } from '../management/audit/audit.service.js';
import { CatalogueService } from './catalogue.service.js';
import { snapOwnerView } from './snap-owner.view.js';
import { SnapOwnersRepository, type OwnedSnap, type SnapOwner } from './snap-owners.repository.js';

export type { OwnedSnap, SnapOwner } from './snap-owners.repository.js';

/** Maps snaps to the brand stores that own them; snaps without one are public. */
@Injectable()
export class SnapOwnersService {
  constructor(
    private readonly owners: SnapOwnersRepository,
    private readonly catalogue: CatalogueService,
    private readonly audit: AuditService,
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

  /** The number of snaps of each store. */
  async count(): Promise<ReadonlyMap<string, number>> {
    return await this.owners.count();
  }

  /**
   * The store of a snap; undefined if the snap is unknown.
   *
   * @param isLocked - until the transaction ends
   */
  async findOwner(tx: EntityManager, snapId: string, isLocked: boolean): Promise<SnapOwner | undefined> {
    return await this.owners.findOwner(tx, snapId, isLocked);
  }

  /**
   * Assigns a snap to a store; null makes it public. Every unit serves it like this after the commit.
   *
   * @param isPrivate - undefined: unchanged if it stays in its store, otherwise false
   * @returns whether anything changed
   */
  async assign(
    tx: EntityManager,
    { snapId, name }: { readonly snapId: string; readonly name: string },
    storeId: string | null,
    isPrivate: boolean | undefined,
  ): Promise<boolean> {
    const before = await this.owners.findOwner(tx, snapId, true);
    if (!before) return false;
    const stays = before.storeId === storeId;
    const after = { storeId, isPrivate: isPrivate ?? (stays && before.isPrivate) };
    if (stays && after.isPrivate === before.isPrivate) return false;
    await this.owners.assign(tx, snapId, after);
    await this.catalogue.publishChange(tx, snapId);
    const [was, is] = [snapOwnerView(before), snapOwnerView(after)];
    this.audit.record(tx, { action: 'snap.set-store', subject: name, before: was, after: is });
    return true;
  }
}
