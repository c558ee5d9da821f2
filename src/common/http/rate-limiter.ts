import { StoreError } from '../errors.js';
import { LruCache } from '../lru-cache.js';

export interface RateLimits {
  /** What is counted, as a refusal names it: "sessions of one address". */
  readonly what: string;
  /** As many may come at once. */
  readonly burst: number;
  /** As many more in each second after that. */
  readonly perSecond: number;
  /** Keys that are counted apart; one that is forgotten begins anew. */
  readonly keys: number;
}

interface Bucket {
  readonly left: number;
  readonly at: number;
}

/**
 * Counts what is done for each address, model or whatever else the key is: so many at once, and so many a
 * second. Not a library's: those for Fastify count requests by route, before it is known what they do.
 */
export class RateLimiter {
  private readonly buckets: LruCache<Bucket>;

  constructor(private readonly limits: RateLimits) {
    this.buckets = new LruCache(limits.keys);
  }

  /** @throws StoreError `too-many-requests` where this one is one too many, which then does not count */
  take(key: string, now = Date.now()): void {
    this.takeMany(key, 1, now);
  }

  /**
   * Counts several at once, such as bytes. Those that begin below the limit may end above it.
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
        `cannot take more ${what} now: ask again in ${retryAfterSeconds} seconds`,
        { retryAfterSeconds },
      );
    }
    this.buckets.set(key, { left: available - count, at: now });
  }
}
