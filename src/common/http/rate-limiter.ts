import { StoreError } from '../errors.js';
import { LruCache } from '../lru-cache.js';

export interface RateLimits {
  /** The name of the counted items in an error message: "sessions of one address". */
  readonly what: string;
  /** How many may come at once. */
  readonly burst: number;
  /** How many more may come in each following second. */
  readonly perSecond: number;
  /** The most keys that are counted separately. A forgotten key starts again. */
  readonly keys: number;
}

interface Bucket {
  readonly left: number;
  readonly at: number;
}

/**
 * Limits the rate for each address, model or other key: a burst, and a number per second. Not from a library:
 * those for Fastify count requests by route, before it is known what they do.
 */
export class RateLimiter {
  private readonly buckets: LruCache<Bucket>;

  constructor(private readonly limits: RateLimits) {
    this.buckets = new LruCache(limits.keys);
  }

  /** @throws StoreError `too-many-requests` if this one exceeds the limit; it then does not count */
  take(key: string, now = Date.now()): void {
    this.takeMany(key, 1, now);
  }

  /**
   * Counts several at once, such as bytes. An item that starts below the limit may end above it.
   *
   * @throws StoreError `too-many-requests` as {@link take}
   */
  takeMany(key: string, count: number, now = Date.now()): void {
    const { what, burst, perSecond } = this.limits;
    const { left = burst, at = now } = this.buckets.get(key) ?? {};
    const available = Math.min(burst, left + (Math.max(0, now - at) / 1_000) * perSecond);
    if (available < 1) {
      const retryAfterSeconds = Math.ceil((1 - available) / perSecond);
      throw new StoreError(
        'too-many-requests',
        `cannot accept more ${what} now: ask again in ${retryAfterSeconds} seconds`,
        { retryAfterSeconds },
      );
    }
    this.buckets.set(key, { left: available - count, at: now });
  }
}
