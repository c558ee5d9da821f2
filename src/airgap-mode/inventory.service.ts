import { Injectable } from '@nestjs/common';
import { GLOBAL_STORE } from '../brand-stores/brand-store.js';
import { groupBy } from '../common/group-by.js';
import type { ComponentRevision } from '../snaps/component.js';
import { ComponentsRepository } from '../snaps/components.repository.js';
import { CatalogueRepository } from '../snaps/catalogue.repository.js';
import type { ChannelRelease } from '../snaps/channel/channel-map.js';

export interface PushedRevision {
  readonly revision: number;
  readonly version: string;
  readonly architectures: readonly string[];
  readonly sizeBytes: number;
  /** SHA3-384, 48 bytes. */
  readonly digest: Buffer;
}

export interface PushedSnap {
  readonly name: string;
  readonly snapId: string;
  readonly stores: readonly string[];
  readonly revisions: readonly PushedRevision[];
  readonly components: readonly ComponentRevision[];
  readonly channels: readonly ChannelRelease[];
}

/** What the store holds. */
@Injectable()
export class InventoryService {
  constructor(
    private readonly repository: CatalogueRepository,
    private readonly components: ComponentsRepository,
  ) {}

  /** Every snap, by name, with all its revisions and those of its components. */
  async list(): Promise<PushedSnap[]> {
    const [records, revisions, components] = await Promise.all([
      this.repository.findAll(),
      this.repository.findAllRevisions(),
      this.components.findAll(),
    ]);
    const revisionsOf = groupBy(revisions, ({ snapId }) => snapId);
    const componentsOf = groupBy(components, ({ snapId }) => snapId);
    return records.map(({ snapId, name, storeId, settled }) => ({
      name,
      snapId,
      stores: [storeId ?? GLOBAL_STORE],
      revisions: revisionsOf.get(snapId) ?? [],
      components: componentsOf.get(snapId) ?? [],
      channels: settled,
    }));
  }
}
