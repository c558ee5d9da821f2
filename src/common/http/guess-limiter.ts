import { StoreError } from '../errors.js';
import { LruCache } from '../lru-cache.js';

export interface GuessLimits {
  /** What is guessed, as a refusal names it: "management password". */
  readonly what: string;
  /** Wrong ones in a row that cost no pause. */
  readonly free: number;
  /** The pause after the next one, in milliseconds; each further one doubles it. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  /** Guessers that are remembered; of more, those that were not heard of for longest are forgotten. */
  readonly guessers: number;
}

interface Guesses {
  readonly wrong: number;
  /** In milliseconds since 1970. */
  readonly pausedUntil: number;
}

/**
 * Slows whoever guesses a secret, and nobody else: each wrong one doubles the pause during which what comes
 * from there is not looked at. Not a library's: those for Fastify count requests, not what became of them.
 */
export class GuessLimiter {
  private readonly guessers: LruCache<Guesses>;

  constructor(private readonly limits: GuessLimits) {
    this.guessers = new LruCache(limits.guessers);
  }

  /**
   * Must be asked before a secret is compared with the right one, however cheap that is.
   *
   * @param who - whose guess it is: an address, or an address and what it wants to open
   * @throws StoreError `too-many-requests` during a pause
   */
  check(who: string, now = Date.now()): void {
    const leftMs = (this.guessers.get(who)?.pausedUntil ?? 0) - now;
    if (leftMs <= 0) return;
    const retryAfterSeconds = Math.ceil(leftMs / 1_000);
    throw new StoreError(
      'too-many-requests',
      `cannot look at the ${this.limits.what}: too many wrong ones came from this address; try again in ${retryAfterSeconds} seconds`,
      { retryAfterSeconds },
    );
  }

  /** Notes a wrong one. */
  failed(who: string, now = Date.now()): void {
    const { free, firstPauseMs, longestPauseMs } = this.limits;
    const before = this.guessers.get(who);
    // Whoever was quiet for as long as the longest pause begins anew.
    const isForgiven = before !== undefined && now - before.pausedUntil >= longestPauseMs;
    const wrong = (isForgiven ? 0 : (before?.wrong ?? 0)) + 1;
    const pauseMs = wrong <= free ? 0 : Math.min(longestPauseMs, firstPauseMs * 2 ** (wrong - free - 1));
    this.guessers.set(who, { wrong, pausedUntil: now + pauseMs });
  }

  /** Notes the right one: whoever knows it has no need to guess. */
  succeeded(who: string): void {
    this.guessers.delete(who);
  }
}
