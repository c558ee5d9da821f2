import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { groupBy } from '../common/group-by.js';
import { NotificationsService } from '../database/notifications.service.js';
import { Watches, type Watcher } from '../database/watcher.js';
import { SettingsService } from '../settings/settings.service.js';
import { DELTAS_CHANNEL, pairKey, type Delta, type RevisionPair } from './delta.js';
import { DELTAS_ENABLED, DELTAS_MAX_SIZE } from './delta.settings.js';
import { DeltasRepository } from './deltas.repository.js';

/** How often the used deltas are recorded. */
const WRITE_EVERY_MS = 5_000;

/** Most used deltas that wait to be recorded; more are not noted until these are recorded. */
const MAX_WAITING = 10_000;

/**
 * The deltas that can be offered, all in memory, so that no refresh waits for the database. One that is not read yet
 * is not offered; one that was dropped meanwhile is not found. In both cases devices fetch the whole snap.
 */
@Injectable()
@Watches()
export class DeltaIndexService implements BeforeApplicationShutdown, Watcher {
  private readonly logger = new Logger(DeltaIndexService.name);
  private bySnap = new Map<string, readonly Delta[]>();
  /** One read after the other, so that the last requested one wins. */
  private reading: Promise<void> = Promise.resolve();
  private used = new Map<string, RevisionPair>();
  private timer: NodeJS.Timeout | undefined;
  private unsubscribe: (() => void) | undefined;

  constructor(
    private readonly repository: DeltasRepository,
    private readonly settings: SettingsService,
    private readonly notifications: NotificationsService,
  ) {
    for (const setting of [DELTAS_ENABLED, DELTAS_MAX_SIZE]) settings.define(setting);
  }

  /** Starts keeping the deltas in memory: for a server. */
  async watch(): Promise<void> {
    const forgetAll = () => this.reread(undefined);
    await this.settings.watch(forgetAll);
    this.unsubscribe = await this.notifications.subscribe(
      DELTAS_CHANNEL,
      (snapId) => this.reread(snapId),
      forgetAll,
    );
    await this.settled();
  }

  /** Waits until all notified changes have been read. */
  async settled(): Promise<void> {
    for (let last: unknown; last !== this.reading;) await (last = this.reading);
  }

  /** The delta between two revisions, if it can be offered now. */
  find(snapId: string, source: number, target: number): Delta | undefined {
    return this.bySnap.get(snapId)?.find((delta) => delta.source === source && delta.target === target);
  }

  /** Records that a device fetches a delta. */
  noteUsed(delta: Delta): void {
    if (this.used.size >= MAX_WAITING) return;
    this.used.set(pairKey(delta), delta);
    this.timer ??= setTimeout(() => void this.writeUsed(), WRITE_EVERY_MS).unref();
  }

  /** Records the used deltas. A failed record is dropped, because it only decides which deltas are dropped first. */
  async writeUsed(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { used } = this;
    if (used.size === 0) return;
    this.used = new Map();
    await this.repository.noteUsed([...used.values()]).catch((error: unknown) => this.warn(error));
  }

  /** Runs while the database is still connected. */
  async beforeApplicationShutdown(): Promise<void> {
    this.unsubscribe?.();
    await this.writeUsed();
    await this.reading;
  }

  /** Drops outdated deltas at once, and reads them again: those of one snap, or all. */
  private reread(snapId: string | undefined): void {
    if (snapId === undefined) this.bySnap = new Map();
    else this.bySnap.delete(snapId);
    this.reading = this.reading
      .then(() => (snapId === undefined ? this.readAll() : this.readSnap(snapId)))
      .catch((error: unknown) => this.warn(error));
  }

  private async readAll(): Promise<void> {
    const deltas = await this.offered(() => this.repository.findReady());
    this.bySnap = groupBy(deltas, ({ snapId }) => snapId);
  }

  private async readSnap(snapId: string): Promise<void> {
    const deltas = await this.offered(() => this.repository.findReadyOf(snapId));
    if (deltas.length > 0) this.bySnap.set(snapId, deltas);
    else this.bySnap.delete(snapId);
  }

  private async offered(read: () => Promise<Delta[]>): Promise<Delta[]> {
    return (await this.settings.get(DELTAS_ENABLED)) ? await read() : [];
  }

  private warn(error: unknown): void {
    this.logger.warn(`cannot read or record deltas: ${String(error)}`);
  }
}
