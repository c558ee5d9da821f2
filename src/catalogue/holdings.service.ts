import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CatalogueRepository } from './catalogue.repository.js';
import type { ComponentRevision } from './component.js';
import { ComponentsRepository } from './components.repository.js';
import {
  HoldingsRepository,
  type ListedRevision,
  type RevisionFile,
  type SnapCounts,
} from './holdings.repository.js';
import { revisionKey, type RevisionRef } from './revision-ref.js';
import type { SnapRecord } from './snap-record.js';

export type { ListedRevision, RevisionFile, SnapCounts } from './holdings.repository.js';

/** The contents of the store, for listing, counting and comparing. Nothing is kept in memory. */
@Injectable()
export class HoldingsService {
  constructor(
    private readonly holdings: HoldingsRepository,
    private readonly snaps: CatalogueRepository,
    private readonly components: ComponentsRepository,
  ) {}

  /** All snaps with their channels, sorted by name. */
  async listSnaps(): Promise<SnapRecord[]> {
    return await this.holdings.findAll();
  }

  /** The snaps with these names, in no order. */
  async findByNames(names: readonly string[]): Promise<SnapRecord[]> {
    return await this.snaps.findSnaps([], names);
  }

  /** All revisions, or those of one snap. */
  async listRevisions(snapId?: string): Promise<ListedRevision[]> {
    return await this.holdings.findAllRevisions(snapId);
  }

  /** All revisions of all components. */
  async listComponents(): Promise<ComponentRevision[]> {
    return await this.components.findAll();
  }

  /** All revisions, only with their numbers. */
  async listRevisionRefs(): Promise<RevisionRef[]> {
    return await this.holdings.findRevisionRefs();
  }

  /** The names of snaps, by snap-id; empty if a snap has none. */
  async names(): Promise<ReadonlyMap<string, string>> {
    return await this.holdings.names();
  }

  /** The files of revisions that are in the store, in one query. */
  async findFiles(
    refs: readonly RevisionRef[],
  ): Promise<(snapId: string, revision: number) => RevisionFile | undefined> {
    const files = new Map((await this.holdings.findFilesOf(refs)).map((file) => [revisionKey(file), file]));
    return (snapId, revision) => files.get(revisionKey({ snapId, revision }));
  }

  async count(): Promise<SnapCounts> {
    return await this.holdings.count();
  }

  /** Whether a file belongs to a revision, component or picture. */
  async usesFile(tx: EntityManager, digest: Buffer): Promise<boolean> {
    return await this.holdings.usesFile(tx, digest);
  }
}
