import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AssertionsService } from '../assertions/assertions.service.js';
import { FairQueue } from '../common/fair-queue.js';
import { SNAP_READING_QUEUE, SNAPS_AT_ONCE } from '../common/limits.js';
import { NotificationsService } from '../database/notifications.service.js';
import { Watches, type Watcher } from '../database/watcher.js';
import { isUnaskable, mayGet, NOBODYS, OURSELVES } from './asker.js';
import { CatalogueMemory } from './catalogue-memory.js';
import { CatalogueSnap } from './catalogue-snap.js';
import { CatalogueRepository } from './catalogue.repository.js';
import { publisherOf } from './publisher.js';
import type { EarlierReleases } from './release-record.js';
import { revisionKey, type RevisionRef } from './revision-ref.js';
import type { SnapRecord } from './snap-record.js';
import type { Publisher, SnapRevision } from './snap.js';

/** The notification that a snap has changed; the message is its snap-id. */
export const CATALOGUE_CHANNEL = 'catalogue';

/** The snaps of one request. */
export interface FoundSnaps {
  readonly byId: (snapId: string) => CatalogueSnap | undefined;
  readonly byName: (name: string) => CatalogueSnap | undefined;
}

/**
 * The snaps of the store. In a server, each snap is read once and kept until any unit changes it. Without
 * notifications of changes, nothing is kept.
 */
@Injectable()
@Watches()
export class CatalogueService implements OnApplicationShutdown, Watcher {
  private readonly memory = new CatalogueMemory();
  private readonly readings = new FairQueue(SNAP_READING_QUEUE);
  private readonly loading = new Map<string, Promise<CatalogueSnap[]>>();
  private unsubscribe: (() => void) | undefined;

  constructor(
    private readonly repository: CatalogueRepository,
    private readonly assertions: AssertionsService,
    private readonly notifications: NotificationsService,
  ) {}

  /** Starts keeping answers in memory: for a server. */
  async watch(): Promise<void> {
    this.unsubscribe = await this.notifications.subscribe(
      CATALOGUE_CHANNEL,
      (snapId) => this.memory.forget(snapId),
      () => this.memory.clear(),
    );
  }

  onApplicationShutdown(): void {
    this.unsubscribe?.();
  }

  /** Notifies every unit, when the transaction commits, that a snap has changed. */
  async publishChange(tx: EntityManager, snapId: string): Promise<void> {
    await this.notifications.publish(tx, CATALOGUE_CHANNEL, snapId);
  }

  async findByName(name: string, asker = OURSELVES): Promise<CatalogueSnap | undefined> {
    return (await this.findEach([], [name], asker)).byName(name);
  }

  async findById(snapId: string, asker = OURSELVES): Promise<CatalogueSnap | undefined> {
    return (await this.findEach([snapId], [], asker)).byId(snapId);
  }

  /** A snap that is in memory: every snap with a recent request is. */
  peek(snapId: string): CatalogueSnap | undefined {
    return this.memory.findById(snapId);
  }

  /**
   * Reads snaps before they are requested, while memory has space.
   *
   * @param snapIds - undefined: all
   * @param isOver - if true, the reading stops early
   */
  async warmUp(snapIds: readonly string[] | undefined, isOver: () => boolean): Promise<void> {
    const ids = snapIds ?? (await this.repository.findIds());
    for (let at = 0; at < ids.length && this.memory.hasRoom && !isOver(); at += SNAPS_AT_ONCE)
      await this.findEach(ids.slice(at, at + SNAPS_AT_ONCE), []);
  }

  /**
   * Finds the snaps of one request. Those that are not in memory are looked up in one query, and read a few at a time.
   * A snap that the asker may not see takes as long as an unknown one, so that the time does not reveal it.
   *
   * @throws StoreError `too-many-requests` or `overloaded` if too many wait for their turn to read
   */
  async findEach(
    snapIds: readonly string[],
    names: readonly string[],
    asker = OURSELVES,
  ): Promise<FoundSnaps> {
    const { memory } = this;
    const ids = new Map<string, CatalogueSnap | undefined>();
    const named = new Map<string, CatalogueSnap | undefined>();
    const [missingIds, missingNames] = [new Set<string>(), new Set<string>()];
    const take = (
      key: string,
      entry: CatalogueSnap | undefined,
      isAbsent: (key: string) => boolean,
      found: Map<string, CatalogueSnap | undefined>,
      missing: Set<string>,
    ) => {
      if (entry && mayGet(entry, asker)) return found.set(key, entry);
      const asked = entry ? key + NOBODYS : key;
      if (!isUnaskable(asked) && !isAbsent(asked)) missing.add(asked);
      return found.set(key, undefined);
    };
    for (const id of snapIds) take(id, memory.findById(id), (key) => memory.hasNoId(key), ids, missingIds);
    for (const name of names)
      take(name, memory.findByName(name), (key) => memory.hasNoName(key), named, missingNames);
    if (missingIds.size + missingNames.size > 0)
      for (const entry of await this.readMissing([...missingIds], [...missingNames], asker.address)) {
        if (!mayGet(entry, asker)) {
          memory.keepAbsent([entry.snapId + NOBODYS], [entry.name + NOBODYS]);
          continue;
        }
        ids.set(entry.snapId, entry);
        named.set(entry.name, entry);
      }
    return { byId: (snapId) => ids.get(snapId), byName: (name) => named.get(name) };
  }

  /** The snaps of a list of names, in that order, without names that no longer exist. */
  async findAllByName(names: readonly string[], asker = OURSELVES): Promise<CatalogueSnap[]> {
    const { byName } = await this.findEach([], names, asker);
    return names.flatMap((name) => byName(name) ?? []);
  }

  /** The newest revision ever released to a channel, or to a safer risk of its track, that can read some data. */
  async findReleasedBefore(asked: EarlierReleases): Promise<SnapRevision | undefined> {
    return await this.repository.findReleasedBefore(asked);
  }

  /** A revision that the store holds, released or not. */
  async findRevision(entry: CatalogueSnap, revision: number): Promise<SnapRevision | undefined> {
    return entry.released.get(revision) ?? (await this.findDownload(entry.snapId, revision));
  }

  /** The revision of a download's name. */
  async findDownload(snapId: string, revision: number): Promise<SnapRevision | undefined> {
    return (await this.findRevisions([{ snapId, revision }]))(snapId, revision);
  }

  /** Finds the revisions of one request. Those that are not in memory are read in one query. */
  async findRevisions(
    refs: readonly RevisionRef[],
  ): Promise<(snapId: string, revision: number) => SnapRevision | undefined> {
    const found = new Map<string, SnapRevision | undefined>();
    const missing = new Map<string, RevisionRef>();
    for (const ref of refs) {
      const known = this.memory.findRevision(ref);
      if (known === undefined) missing.set(revisionKey(ref), ref);
      else if (known !== 'absent') found.set(revisionKey(ref), known);
    }
    if (missing.size > 0) {
      const live = this.notifications.isLive(CATALOGUE_CHANNEL);
      const { generation } = this.memory;
      for (const one of await this.repository.findRevisions([...missing.values()]))
        found.set(revisionKey(one), one);
      if (live && generation === this.memory.generation)
        for (const [key, ref] of missing) this.memory.keepRevision(ref, found.get(key));
    }
    return (snapId, revision) => found.get(revisionKey({ snapId, revision }));
  }

  /** Reads snaps, a few at a time and in turn with other addresses. */
  private async readMissing(
    snapIds: readonly string[],
    names: readonly string[],
    address: string,
  ): Promise<CatalogueSnap[]> {
    const turn = async <T>(work: () => Promise<T>) => await this.readings.run(address, work);
    if (snapIds.length + names.length <= SNAPS_AT_ONCE)
      return await turn(async () => await this.readSlice(snapIds, names));
    // Of many, first finds those that exist, because forged ids and names do not.
    const refs = await turn(async () => await this.findRefs(snapIds, names));
    const entries: CatalogueSnap[] = [];
    for (let at = 0; at < refs.length; at += SNAPS_AT_ONCE) {
      const slice = refs.slice(at, at + SNAPS_AT_ONCE).map(({ snapId }) => snapId);
      entries.push(...(await turn(async () => await this.readSlice(slice, []))));
    }
    return entries;
  }

  private async findRefs(snapIds: readonly string[], names: readonly string[]) {
    return await this.noting(snapIds, names, async () => await this.repository.findRefs(snapIds, names));
  }

  /** Does not read snaps again that others have read meanwhile, and waits for those that others are reading. */
  private async readSlice(snapIds: readonly string[], names: readonly string[]): Promise<CatalogueSnap[]> {
    const { memory } = this;
    const known = [
      ...snapIds.map((snapId) => memory.findById(snapId)),
      ...names.map((name) => memory.findByName(name)),
    ].filter((entry) => entry !== undefined);
    const ids = snapIds.filter((snapId) => !known.some((entry) => entry.snapId === snapId));
    const others = names.filter((name) => !known.some((entry) => entry.name === name));
    if (ids.length + others.length === 0) return known;
    const key = JSON.stringify([memory.generation, ids, others]);
    const running = this.loading.get(key);
    if (running) return [...known, ...(await running)];
    const reading = this.readEntries(ids, others).finally(() => this.loading.delete(key));
    this.loading.set(key, reading);
    return [...known, ...(await reading)];
  }

  private async readEntries(snapIds: readonly string[], names: readonly string[]): Promise<CatalogueSnap[]> {
    const live = this.notifications.isLive(CATALOGUE_CHANNEL);
    const { generation } = this.memory;
    const records = await this.noting(
      snapIds,
      names,
      async () => await this.repository.findSnaps(snapIds, names),
    );
    const publishers = await this.publishersOf(records);
    const entries = records.flatMap((record) => {
      const publisher = publishers.get(record.publisherId);
      return publisher ? [new CatalogueSnap(record, publisher)] : [];
    });
    // Kept only if later changes are certain to be notified, and none happened during the reading.
    if (live && generation === this.memory.generation) this.memory.keep(entries);
    return entries;
  }

  /** Remembers ids and names that do not exist. */
  private async noting<T extends { readonly snapId: string; readonly name: string }>(
    snapIds: readonly string[],
    names: readonly string[],
    read: () => Promise<T[]>,
  ): Promise<T[]> {
    const live = this.notifications.isLive(CATALOGUE_CHANNEL);
    const { generation } = this.memory;
    const found = await read();
    if (live && generation === this.memory.generation) {
      const [hereIds, hereNames] = [
        new Set(found.map((one) => one.snapId)),
        new Set(found.map((one) => one.name)),
      ];
      this.memory.keepAbsent(
        snapIds.filter((snapId) => !hereIds.has(snapId)),
        names.filter((name) => !hereNames.has(name)),
      );
    }
    return found;
  }

  private async publishersOf(records: readonly SnapRecord[]): Promise<ReadonlyMap<string, Publisher>> {
    const ids = [...new Set(records.map(({ publisherId }) => publisherId))];
    const accounts = await this.assertions.findAll(ids.map((id) => ({ type: 'account', key: [id] })));
    return new Map(ids.map((id, index) => [id, publisherOf(id, accounts[index])]));
  }
}
