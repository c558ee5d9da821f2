import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { SnapOwnersService } from '../catalogue/snap-owners.service.js';
import { MAX_ABSENT_BYTES } from '../common/limits.js';
import { LruCache } from '../common/lru-cache.js';
import { areStorable } from '../common/storable-text.js';
import { NotificationsService } from '../database/notifications.service.js';
import { Watches, type Watcher } from '../database/watcher.js';
import { storesOf, type BrandStore } from './brand-store.js';
import { BrandStoresRepository } from './brand-stores.repository.js';
import type { DeviceSession } from './device-session.js';

const CHANNEL = 'brand-store';

/** The most snaps whose owner is kept in memory; an id each. */
const CACHED_OWNERS = 10_000;

const EVERYBODYS = { storeId: null };

/**
 * Decides which devices can see a snap. A snap of a brand store exists only for the devices of that store. For
 * all others it must be absent from every answer.
 */
@Injectable()
@Watches()
export class SnapVisibilityService implements OnApplicationShutdown, Watcher {
  private stores: ReadonlyMap<string, BrandStore> | undefined;
  private generation = 0;
  private readonly owners = new LruCache<{ readonly storeId: string | null }>(CACHED_OWNERS);
  /** Snaps that are not in this store. */
  private readonly absent = new LruCache<typeof EVERYBODYS>(CACHED_OWNERS, {
    bytes: MAX_ABSENT_BYTES,
    sizeOf: () => 0,
  });
  private unsubscribe: (() => void) | undefined;

  constructor(
    private readonly repository: BrandStoresRepository,
    private readonly snapOwners: SnapOwnersService,
    private readonly notifications: NotificationsService,
  ) {}

  /** Keeps stores and owners in memory until a unit changes them. For a server. */
  async watch(): Promise<void> {
    const forget = () => {
      this.generation += 1;
      this.stores = undefined;
      this.owners.clear();
      this.absent.clear();
    };
    this.unsubscribe = await this.notifications.subscribe(CHANNEL, forget, forget);
  }

  onApplicationShutdown(): void {
    this.unsubscribe?.();
  }

  /** Tells every unit, when the transaction commits, that stores or owners have changed. */
  async publishChange(tx: EntityManager): Promise<void> {
    await this.notifications.publish(tx, CHANNEL, '');
  }

  /** The brand stores that a device belongs to. */
  async storesOf(session: DeviceSession | undefined): Promise<readonly string[]> {
    return session ? storesOf(session, await this.allStores()) : [];
  }

  /** Whether a device gets the snaps of a store. Snaps of no brand store are available to every device. */
  async sees(storeId: string | null, session: DeviceSession | undefined): Promise<boolean> {
    return storeId === null || (await this.storesOf(session)).includes(storeId);
  }

  /**
   * Whether a snap exists for a device. A snap that is not in this store is not hidden from anybody.
   *
   * @param isHere - part of the snap was found, so a remembered "not in this store" is ignored
   */
  async isVisible(snapId: string, session: DeviceSession | undefined, isHere: boolean): Promise<boolean> {
    const known = this.owners.get(snapId);
    if (known) return await this.sees(known.storeId, session);
    return (await this.areVisible(isHere ? [snapId] : [], isHere ? [] : [snapId], session))(snapId);
  }

  /** As {@link isVisible}, for several snaps. Unknown owners are read in one query. */
  async areVisible(
    here: readonly string[],
    absent: readonly string[],
    session: DeviceSession | undefined,
  ): Promise<(snapId: string) => boolean> {
    if (here.length + absent.length === 0) return () => true;
    const owners = await this.ownersOf(here, absent);
    const stores = await this.storesOf(session);
    return (snapId) => {
      const owner = owners.get(snapId) ?? null;
      return owner === null || stores.includes(owner);
    };
  }

  private async ownersOf(
    here: readonly string[],
    absent: readonly string[],
  ): Promise<ReadonlyMap<string, string | null>> {
    const found = new Map<string, string | null>();
    const missing = new Set<string>();
    const take = (snapId: string, known: { readonly storeId: string | null } | undefined) =>
      known ? found.set(snapId, known.storeId) : missing.add(snapId);
    for (const snapId of here) take(snapId, this.owners.get(snapId));
    for (const snapId of absent) take(snapId, this.owners.get(snapId) ?? this.absent.get(snapId));
    if (missing.size === 0) return found;
    const live = this.notifications.isLive(CHANNEL);
    const { generation } = this.owners;
    const owners = await this.snapOwners.find([...missing].filter((snapId) => areStorable([snapId])));
    const mayKeep = live && generation === this.owners.generation;
    for (const snapId of missing) {
      const storeId = owners.get(snapId);
      found.set(snapId, storeId ?? null);
      if (mayKeep && storeId !== undefined) this.owners.set(snapId, { storeId });
      if (mayKeep && storeId === undefined) this.absent.set(snapId, EVERYBODYS);
    }
    return found;
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
