import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { BlobRecordsService } from '../blobs/blob-records.service.js';
import { StoreError } from '../common/errors.js';
import { ActorContextService } from '../management/audit/actor-context.service.js';
import type { Picture } from '../snap-files/picture.js';
import { IconsRepository } from './icons.repository.js';
import { ImportsRepository } from './imports.repository.js';
import type { SnapRecord } from './snap-record.js';
import type { Snap, SnapRevision } from './snap.js';
import { SnapsRepository } from './snaps.repository.js';

/**
 * Reads and changes one snap within the caller's transaction, which locks it first. The caller announces changes
 * ({@link CatalogueService.publishChange}), once for all of them.
 */
@Injectable()
export class SnapsService {
  constructor(
    private readonly snaps: SnapsRepository,
    private readonly icons: IconsRepository,
    private readonly imports: ImportsRepository,
    private readonly blobs: BlobRecordsService,
    private readonly actors: ActorContextService,
  ) {}

  /** Blocks other changes of the same snap until the transaction ends. */
  async lock(tx: EntityManager, snapId: string): Promise<void> {
    await this.snaps.lock(tx, snapId);
  }

  /** The snap-id with this name, or undefined. */
  async findId(tx: EntityManager, name: string): Promise<string | undefined> {
    return await this.snaps.findId(tx, name);
  }

  async find(tx: EntityManager, snapId: string): Promise<SnapRecord | undefined> {
    return await this.snaps.find(tx, snapId);
  }

  /** The revisions in the store, the newest first. */
  async heldRevisions(tx: EntityManager, snapId: string): Promise<number[]> {
    return await this.snaps.heldRevisions(tx, snapId);
  }

  /** The architectures of a revision, or undefined if the store does not hold it. */
  async findArchitectures(
    tx: EntityManager,
    snapId: string,
    revision: number,
  ): Promise<string[] | undefined> {
    return await this.snaps.findArchitectures(tx, snapId, revision);
  }

  /** The versions of revisions in the store. */
  async versions(
    tx: EntityManager,
    snapId: string,
    revisions: readonly number[],
  ): Promise<ReadonlyMap<number, string>> {
    return await this.snaps.versions(tx, snapId, revisions);
  }

  /** @throws StoreError `conflict` if another snap has the name */
  async checkName(tx: EntityManager, name: string, snapId: string): Promise<void> {
    const holder = await this.snaps.findId(tx, name);
    if (holder === undefined || holder === snapId) return;
    throw new StoreError(
      'conflict',
      `snap ${name}: the name already belongs to snap-id ${holder} in this store, not to ${snapId}`,
    );
  }

  /**
   * Adds a snap, or updates its description.
   *
   * @param icon - undefined: the present one stays
   * @throws StoreError `conflict` if another snap has the name
   */
  async put(tx: EntityManager, snap: Snap, icon: Picture | undefined): Promise<void> {
    await this.snaps.put(tx, snap);
    if (icon) await this.icons.put(tx, snap.snapId, icon);
  }

  /** Adds a revision with the row of its file. The caller places the file. */
  async addRevision(tx: EntityManager, revision: SnapRevision, importId: number): Promise<void> {
    await this.blobs.add(tx, revision);
    await this.snaps.addRevision(tx, revision, importId);
  }

  /**
   * @param track - empty: none; null: the imported one
   * @returns whether anything changed
   */
  async chooseDefaultTrack(tx: EntityManager, snapId: string, track: string | null): Promise<boolean> {
    return await this.snaps.chooseDefaultTrack(tx, snapId, track);
  }

  /**
   * Records an import, for the rows of it.
   *
   * @returns its id
   */
  async addImport(
    tx: EntityManager,
    source: string,
    kind: string,
    bundleCreatedAt: Date | null,
  ): Promise<number> {
    return await this.imports.add(tx, source, kind, bundleCreatedAt, this.actors.current);
  }

  /** When a bundle with this creation time first changed the store. */
  async findFirstImport(tx: EntityManager, bundleCreatedAt: Date): Promise<Date | undefined> {
    return await this.imports.findFirst(tx, bundleCreatedAt);
  }
}
