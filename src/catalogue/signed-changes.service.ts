import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Assertion, AssertionRef } from '../assertions/format/assertion.js';
import { headerText } from '../assertions/format/header-text.js';
import { AssertionUsesRepository } from './assertion-uses.repository.js';
import { CatalogueService } from './catalogue.service.js';
import { ComponentsRepository, type ComponentPair } from './components.repository.js';
import { SnapsRepository } from './snaps.repository.js';

/** Applies newly trusted assertions to the snaps in the store, and finds the items that need an assertion. */
@Injectable()
export class SignedChangesService {
  constructor(
    private readonly catalogue: CatalogueService,
    private readonly snaps: SnapsRepository,
    private readonly components: ComponentsRepository,
    private readonly uses: AssertionUsesRepository,
  ) {}

  /**
   * Newer snap-declarations rename, transfer or revoke snaps; snap-resource-pairs state which revision of
   * a component belongs to which revision of its snap.
   *
   * @throws StoreError `conflict` if a new name belongs to another snap
   */
  async apply(tx: EntityManager, assertions: readonly Assertion[]): Promise<void> {
    const changed = new Set<string>();
    for (const assertion of assertions) {
      const snapId = headerText(assertion, 'snap-id');
      if (await this.applyOne(tx, assertion, snapId)) changed.add(snapId);
    }
    for (const snapId of changed) await this.catalogue.publishChange(tx, snapId);
  }

  /** The names of the catalogue's items that depend on an assertion. */
  async findUses(tx: EntityManager, ref: AssertionRef): Promise<string[]> {
    return await this.uses.find(tx, ref);
  }

  /** Reverts the changes of removed assertions. Only pairs can be removed while their snap is in the store. */
  async undo(tx: EntityManager, assertions: readonly Assertion[]): Promise<void> {
    for (const assertion of assertions) {
      if (assertion.type.name !== 'snap-resource-pair') continue;
      const pair = pairOf(assertion);
      await this.components.removePair(tx, pair);
      await this.catalogue.publishChange(tx, pair.snapId);
    }
  }

  private async applyOne(tx: EntityManager, assertion: Assertion, snapId: string): Promise<boolean> {
    switch (assertion.type.name) {
      case 'snap-declaration': {
        const name = headerText(assertion, 'snap-name');
        return await this.snaps.applyDeclaration(tx, snapId, name, headerText(assertion, 'publisher-id'));
      }
      case 'snap-resource-pair': {
        await this.components.addPair(tx, pairOf(assertion));
        return true;
      }
      default:
        return false;
    }
  }
}

function pairOf(assertion: Assertion): ComponentPair {
  const [snapId = '', name = '', revision, snapRevision, provenance = ''] = assertion.primaryKey;
  return { snapId, name, revision: Number(revision), snapRevision: Number(snapRevision), provenance };
}
