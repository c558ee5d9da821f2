import { FairQueue } from '../common/fair-queue.js';
import { PREPARING_QUEUE } from '../common/limits.js';
import { LruCache } from '../common/lru-cache.js';
import type { NotificationsService } from '../database/notifications.service.js';

/** What an answer is made of, and how long it holds if nothing changes. */
export interface Made<T> {
  readonly value: T;
  readonly sizeBytes: number;
  /** In milliseconds; undefined where it does not end by itself. */
  readonly validUntil?: number | undefined;
}

/** So many at most; few devices ask for other ones than most do. */
const KEPT = 256;

/**
 * Answers about the whole catalogue: made when they are asked for after a change, one at a time, and kept until
 * the next. Where changes cannot be heard of, each is made anew.
 */
export class PreparedAnswers<T> {
  private readonly kept: LruCache<Made<T>>;
  private readonly turns = new FairQueue(PREPARING_QUEUE);

  /** @param bytes - what all of them may take */
  constructor(
    private readonly notifications: NotificationsService,
    private readonly channel: string,
    bytes: number,
  ) {
    this.kept = new LruCache(KEPT, { bytes, sizeOf: ({ sizeBytes }) => sizeBytes });
  }

  /** Forgets them at every change: for a server. @returns ends that */
  async watch(): Promise<() => void> {
    const forget = () => this.kept.clear();
    return await this.notifications.subscribe(this.channel, forget, forget);
  }

  /**
   * @param address - of the device that asks, for its turn where it must be made
   * @throws StoreError `too-many-requests` or `overloaded` where too many wait for that
   */
  async get(key: string, address: string, make: () => Promise<Made<T>>): Promise<T> {
    return this.find(key) ?? (await this.turns.run(address, async () => await this.makeOnce(key, make)));
  }

  private find(key: string): T | undefined {
    const known = this.kept.get(key);
    return known && (known.validUntil === undefined || Date.now() < known.validUntil)
      ? known.value
      : undefined;
  }

  /** Who waited for a turn may find that it was made meanwhile. */
  private async makeOnce(key: string, make: () => Promise<Made<T>>): Promise<T> {
    const known = this.find(key);
    if (known !== undefined) return known;
    const live = this.notifications.isLive(this.channel);
    const { generation } = this.kept;
    const made = await make();
    if (live && generation === this.kept.generation) this.kept.set(key, made);
    return made.value;
  }
}
