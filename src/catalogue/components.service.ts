import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { BlobRecordsService } from '../blobs/blob-records.service.js';
import type { Channel } from '../channels/channel.js';
import type { ComponentRevision } from './component.js';
import { ComponentsRepository } from './components.repository.js';

/** The components of snaps. */
@Injectable()
export class ComponentsService {
  constructor(
    private readonly components: ComponentsRepository,
    private readonly blobs: BlobRecordsService,
  ) {}

  async find(snapId: string, name: string, revision: number): Promise<ComponentRevision | undefined> {
    return await this.components.find(snapId, name, revision);
  }

  async findInTransaction(
    tx: EntityManager,
    snapId: string,
    name: string,
    revision: number,
  ): Promise<ComponentRevision | undefined> {
    return await this.components.findInTransaction(tx, snapId, name, revision);
  }

  /** The snap revisions of a component's revision, also those that the store does not hold; the newest first. */
  async pairedRevisions(tx: EntityManager, component: ComponentRevision): Promise<number[]> {
    return await this.components.pairedRevisions(tx, component);
  }

  /** Adds a component with the row of its file. The caller places the file. */
  async add(tx: EntityManager, component: ComponentRevision, importId: number): Promise<void> {
    await this.blobs.add(tx, component);
    await this.components.add(tx, component, importId);
  }

  /**
   * Records that a component is on a channel, unless the channel has one at least as new for the same revisions of
   * the snap.
   *
   * @param channel - undefined for all channels
   * @returns whether this is a change
   */
  async release(
    tx: EntityManager,
    component: Pick<ComponentRevision, 'snapId' | 'name' | 'revision'>,
    channel: Channel | undefined,
    importId: () => Promise<number>,
  ): Promise<boolean> {
    return await this.components.release(tx, component, channel, importId);
  }
}
