import { Injectable } from '@nestjs/common';
import { GLOBAL_STORE } from '../brand-stores/brand-store.js';
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
  readonly channels: readonly ChannelRelease[];
}

/** What the store holds. */
@Injectable()
export class InventoryService {
  constructor(private readonly repository: CatalogueRepository) {}

  /** Every snap, by name, with all its revisions. */
  async list(): Promise<PushedSnap[]> {
    const [records, revisions] = await Promise.all([
      this.repository.findAll(),
      this.repository.findAllRevisions(),
    ]);
    const bySnap = new Map<string, PushedRevision[]>();
    for (const revision of revisions)
      bySnap.set(revision.snapId, [...(bySnap.get(revision.snapId) ?? []), revision]);
    return records.map(({ snapId, name, storeId, settled }) => ({
      name,
      snapId,
      stores: [storeId ?? GLOBAL_STORE],
      revisions: bySnap.get(snapId) ?? [],
      channels: settled,
    }));
  }
}
