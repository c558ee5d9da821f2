import { StoreError } from '../errors.js';
import { LruCache } from '../lru-cache.js';

export interface GuessLimits {
  /** The name of the secret in an error message: "management password". */
  readonly what: string;
  /** Wrong guesses in a row without a pause. */
  readonly free: number;
  /** The pause after the next one, in milliseconds. Each further one doubles it. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  /** The most remembered guessers. Beyond it, those inactive for longest are forgotten. */
  readonly guessers: number;
}

interface Guesses {
  readonly wrong: number;
  /** In milliseconds since 1970. */
  readonly pausedUntil: number;
}

/**
 * Slows only clients that guess a secret: each wrong guess doubles the pause in which their guesses are not
 * checked. Not from a library: those for Fastify count requests, not their results.
 */
export class GuessLimiter {
  private readonly guessers: LruCache<Guesses>;

  constructor(private readonly limits: GuessLimits) {
    this.guessers = new LruCache(limits.guessers);
  }

  /**
   * Must be called before a secret is compared with the right one, even if that is cheap.
   *
   * @param who - the guesser: an address, or an address and its target
   * @throws StoreError `too-many-requests` during a pause
   */
  check(who: string, now = Date.now()): void {
    const leftMs = (this.guessers.get(who)?.pausedUntil ?? 0) - now;
    if (leftMs <= 0) return;
    const retryAfterSeconds = Math.ceil(leftMs / 1_000);
    throw new StoreError(
      'too-many-requests',
      `cannot check the ${this.limits.what}: too many wrong ones came from this address; try again in ${retryAfterSeconds} seconds`,
      { retryAfterSeconds },
    );
  }

  /** Records a wrong guess. */
  failed(who: string, now = Date.now()): void {
    const { free, firstPauseMs, longestPauseMs } = this.limits;
    const before = this.guessers.get(who);
    // After the longest pause without a guess, the count starts again.
    const isForgiven = before !== undefined && now - before.pausedUntil >= longestPauseMs;
    const wrong = (isForgiven ? 0 : (before?.wrong ?? 0)) + 1;
    const pauseMs = wrong <= free ? 0 : Math.min(longestPauseMs, firstPauseMs * 2 ** (wrong - free - 1));
    this.guessers.set(who, { wrong, pausedUntil: now + pauseMs });
  }

  /** Records the right guess, which resets the count. */
  succeeded(who: string): void {
    this.guessers.delete(who);
  }
}
