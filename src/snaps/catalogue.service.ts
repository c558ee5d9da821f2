import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { headerText } from '../assertions/format/header-text.js';
import { AssertionsService } from '../assertions/assertions.service.js';
import { LruCache } from '../common/lru-cache.js';
import { Notifications } from '../database/notifications.js';
import { CatalogueRepository } from './catalogue.repository.js';
import { CatalogueSnap, isInTime } from './catalogue-snap.js';
import type { Publisher, SnapRevision } from './snap.js';
import type { SnapRecord } from './snap-record.js';

/** Says that a snap is not what it was; the message is its snap-id. */
export const CATALOGUE_CHANNEL = 'catalogue';

/** Snaps kept in memory. One takes some ten kilobytes, most of them outside the heap. */
const CACHED_SNAPS = 10_000;

/** Revisions kept in memory besides the released ones: those asked for by number. */
const CACHED_REVISIONS = 2_000;

/**
 * What the store knows of snaps. In a server, each snap is read once and kept until any unit
 * changes it; while changes cannot be heard of, nothing is kept.
 */
@Injectable()
export class CatalogueService implements OnApplicationShutdown {
  private readonly byId = new LruCache<CatalogueSnap>(CACHED_SNAPS);
  private readonly idByName = new LruCache<string>(CACHED_SNAPS);
  private readonly revisions = new LruCache<SnapRevision>(CACHED_REVISIONS);
  private readonly loading = new Map<string, Promise<CatalogueSnap | undefined>>();
  private unsubscribe: (() => void) | undefined;

  constructor(
    private readonly repository: CatalogueRepository,
    private readonly assertions: AssertionsService,
    private readonly notifications: Notifications,
  ) {}

  /** Starts keeping answers in memory: for a server. */
  async watch(): Promise<void> {
    const forgetAll = () => {
      this.byId.clear();
      this.idByName.clear();
      this.revisions.clear();
    };
    const forgetSnap = (snapId: string) => {
      this.byId.delete(snapId);
      this.idByName.clear();
      this.revisions.clear();
    };
    this.unsubscribe = await this.notifications.subscribe(CATALOGUE_CHANNEL, forgetSnap, forgetAll);
  }

  onApplicationShutdown(): void {
    this.unsubscribe?.();
  }

  /** Tells every unit, when the transaction commits, that a snap is not what it was. */
  async publishChange(tx: EntityManager, snapId: string): Promise<void> {
    await this.notifications.publish(tx, CATALOGUE_CHANNEL, snapId);
  }

  async findByName(name: string): Promise<CatalogueSnap | undefined> {
    return (
      this.knownByName(name) ?? (await this.load(`name ${name}`, () => this.repository.findByName(name)))
    );
  }

  async findById(snapId: string): Promise<CatalogueSnap | undefined> {
    return this.known(snapId) ?? (await this.load(`id ${snapId}`, () => this.repository.findById(snapId)));
  }

  /** Any revision that the store holds, released or not. */
  async findRevision(entry: CatalogueSnap, revision: number): Promise<SnapRevision | undefined> {
    return entry.released.get(revision) ?? (await this.findUnreleased(entry.snapId, revision));
  }

  /** The revision behind a download's name. */
  async findDownload(snapId: string, revision: number): Promise<SnapRevision | undefined> {
    return this.byId.get(snapId)?.released.get(revision) ?? (await this.findUnreleased(snapId, revision));
  }

  /** Each snap of a list of names, in that order; names that are gone are left out. */
  async findAllByName(names: readonly string[]): Promise<CatalogueSnap[]> {
    const found = new Map(names.map((name) => [name, this.knownByName(name)]));
    const missing = [...found].flatMap(([name, entry]) => (entry ? [] : [name]));
    if (missing.length > 0)
      for (const entry of await this.readEntries(() => this.repository.findAllByName(missing)))
        found.set(entry.name, entry);
    return names.flatMap((name) => found.get(name) ?? []);
  }

  private knownByName(name: string): CatalogueSnap | undefined {
    const snapId = this.idByName.get(name);
    return snapId === undefined ? undefined : this.known(snapId);
  }

  /** A snap in memory, unless one of its overrides or branches has ended meanwhile. */
  private known(snapId: string): CatalogueSnap | undefined {
    const entry = this.byId.get(snapId);
    if (!entry || isInTime(entry)) return entry;
    this.byId.delete(snapId);
    return undefined;
  }

  private async findUnreleased(snapId: string, revision: number): Promise<SnapRevision | undefined> {
    const key = `${snapId}_${revision}`;
    const known = this.revisions.get(key);
    if (known) return known;
    const { generation } = this.revisions;
    const found = await this.repository.findRevision(snapId, revision);
    if (found && generation === this.revisions.generation && this.notifications.isLive(CATALOGUE_CHANNEL))
      this.revisions.set(key, found);
    return found;
  }

  /** Reads a snap; requests for the same one that come before a change is heard of share the reading. */
  private async load(
    what: string,
    read: () => Promise<SnapRecord | undefined>,
  ): Promise<CatalogueSnap | undefined> {
    const key = `${this.byId.generation} ${what}`;
    const running = this.loading.get(key);
    if (running) return await running;
    const reading = this.readEntry(read).finally(() => this.loading.delete(key));
    this.loading.set(key, reading);
    return await reading;
  }

  private async readEntry(read: () => Promise<SnapRecord | undefined>): Promise<CatalogueSnap | undefined> {
    const [entry] = await this.readEntries(async () => [await read()].filter((one) => one !== undefined));
    return entry;
  }

  private async readEntries(read: () => Promise<SnapRecord[]>): Promise<CatalogueSnap[]> {
    const live = this.notifications.isLive(CATALOGUE_CHANNEL);
    const { generation } = this.byId;
    const entries: CatalogueSnap[] = [];
    const publishers = new Map<string, Publisher>();
    for (const record of await read()) {
      const publisher = publishers.get(record.publisherId) ?? (await this.publisher(record.publisherId));
      publishers.set(publisher.id, publisher);
      entries.push(new CatalogueSnap(record, publisher));
    }
    // Kept only where a later change is sure to be heard of, and none came while these were read.
    if (live && generation === this.byId.generation)
      for (const entry of entries) {
        this.byId.set(entry.snapId, entry);
        this.idByName.set(entry.name, entry.snapId);
      }
    return entries;
  }

  private async publisher(id: string): Promise<Publisher> {
    const account = await this.assertions.find('account', [id]);
    const validation = headerText(account, 'validation') || 'unproven';
    return {
      id,
      username: headerText(account, 'username') || id,
      displayName: headerText(account, 'display-name') || id,
      // The older word for it: snapd's asserts/account.go reads it so too.
      validation: validation === 'certified' ? 'verified' : validation,
    };
  }
}
