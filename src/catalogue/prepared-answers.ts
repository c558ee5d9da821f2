import { FairQueue } from '../common/fair-queue.js';
import { PREPARING_QUEUE } from '../common/limits.js';
import { LruCache } from '../common/lru-cache.js';
import type { NotificationsService } from '../database/notifications.service.js';

/** An answer, and how long it is valid if nothing changes. */
export interface PreparedAnswer<T> {
  readonly value: T;
  readonly sizeBytes: number;
  /** In milliseconds; undefined if it does not expire. */
  readonly validUntil?: number | undefined;
}

/** Most answers that are kept; few devices request uncommon ones. */
const KEPT = 256;

/**
 * Answers about the whole catalogue: computed at the first request after a change, one at a time, and kept until
 * the next change. Without notifications of changes, each is computed again.
 */
export class PreparedAnswers<T> {
  private readonly kept: LruCache<PreparedAnswer<T>>;
  private readonly turns = new FairQueue(PREPARING_QUEUE);

  /** @param bytes - the most memory of all answers */
  constructor(
    private readonly notifications: NotificationsService,
    private readonly channel: string,
    bytes: number,
  ) {
    this.kept = new LruCache(KEPT, { bytes, sizeOf: ({ sizeBytes }) => sizeBytes });
  }

  /** Drops them at every change: for a server. @returns a function that stops this */
  async watch(): Promise<() => void> {
    const forget = () => this.kept.clear();
    return await this.notifications.subscribe(this.channel, forget, forget);
  }

  /**
   * @param address - of the requesting device, for its turn if the answer must be computed
   * @throws StoreError `too-many-requests` or `overloaded` if too many wait for that
   */
  async get(key: string, address: string, make: () => Promise<PreparedAnswer<T>>): Promise<T> {
    return this.find(key) ?? (await this.turns.run(address, async () => await this.makeOnce(key, make)));
  }

  private find(key: string): T | undefined {
    const known = this.kept.get(key);
    return known && (known.validUntil === undefined || Date.now() < known.validUntil)
      ? known.value
      : undefined;
  }

  /** Another request may have computed it during the wait. */
  private async makeOnce(key: string, make: () => Promise<PreparedAnswer<T>>): Promise<T> {
    const known = this.find(key);
    if (known !== undefined) return known;
    const live = this.notifications.isLive(this.channel);
    const { generation } = this.kept;
    const made = await make();
    if (live && generation === this.kept.generation) this.kept.set(key, made);
    return made.value;
  }
}
