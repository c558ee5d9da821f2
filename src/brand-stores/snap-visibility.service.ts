import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { LruCache } from '../common/lru-cache.js';
import type { ProvenDevice } from '../common/proven-device.js';
import { Notifications } from '../database/notifications.js';
import { storesOf, type BrandStore } from './brand-store.js';
import { BrandStoresRepository } from './brand-stores.repository.js';

const CHANNEL = 'brand-store';

/** Owners of snaps kept in memory: an id each. */
const CACHED_OWNERS = 10_000;

/** Who asks: the session that came with a request, where one did. */
export type Asking = ProvenDevice | null | undefined;

/**
 * Says which devices a snap exists for. One that a brand store owns is there for the devices of that
 * store alone; for all others it must be absent wherever they ask.
 */
@Injectable()
export class SnapVisibility implements OnApplicationShutdown {
  private stores: ReadonlyMap<string, BrandStore> | undefined;
  private generation = 0;
  private readonly owners = new LruCache<{ readonly storeId: string | null }>(CACHED_OWNERS);
  private unsubscribe: (() => void) | undefined;

  constructor(
    private readonly repository: BrandStoresRepository,
    private readonly notifications: Notifications,
  ) {}

  /** Keeps stores and owners in memory until any unit changes them: for a server. */
  async watch(): Promise<void> {
    const forget = () => {
      this.generation += 1;
      this.stores = undefined;
      this.owners.clear();
    };
    this.unsubscribe = await this.notifications.subscribe(CHANNEL, forget, forget);
  }

  onApplicationShutdown(): void {
    this.unsubscribe?.();
  }

  /** Tells every unit, when the transaction commits, that stores or owners are not what they were. */
  async publishChange(tx: EntityManager): Promise<void> {
    await this.notifications.publish(tx, CHANNEL, '');
  }

  /** The brand stores that a device is of. */
  async storesOf(device: Asking): Promise<readonly string[]> {
    return device ? storesOf(device, await this.allStores()) : [];
  }

  /** Whether a device gets the snaps of a store; those of no store are everybody's. */
  async sees(storeId: string | null, device: Asking): Promise<boolean> {
    return storeId === null || (await this.storesOf(device)).includes(storeId);
  }

  /** Whether a snap exists for a device. What the store does not have is nobody's secret. */
  async isVisible(snapId: string, device: Asking): Promise<boolean> {
    return await this.sees(await this.ownerOf(snapId), device);
  }

  private async ownerOf(snapId: string): Promise<string | null> {
    const known = this.owners.get(snapId);
    if (known) return known.storeId;
    const live = this.notifications.isLive(CHANNEL);
    const { generation } = this.owners;
    const storeId = await this.repository.findOwner(snapId);
    // Of a snap that is not here nothing is kept: it may come at any time, with an owner.
    if (live && storeId !== undefined && generation === this.owners.generation)
      this.owners.set(snapId, { storeId });
    return storeId ?? null;
  }

  private async allStores(): Promise<ReadonlyMap<string, BrandStore>> {
    if (this.stores && this.notifications.isLive(CHANNEL)) return this.stores;
    const live = this.notifications.isLive(CHANNEL);
    const { generation } = this;
    const stores = new Map((await this.repository.findAll()).map((store) => [store.storeId, store]));
    if (live && generation === this.generation) this.stores = stores;
    return stores;
  }
}
