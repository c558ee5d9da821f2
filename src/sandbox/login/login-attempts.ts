import { LruCache } from '../../common/lru-cache.js';

/** Most failed log-ins of one e-mail address within {@link WINDOW_SECONDS}; further attempts are refused. */
export const MAX_FAILURES = 5;
export const WINDOW_SECONDS = 60;

/** Most addresses that are remembered, so that invented ones cannot fill the memory. */
const REMEMBERED = 1_024;

/** Counts failed log-ins, so that nobody can try all passwords or codes. */
export class LoginAttempts {
  private readonly failures = new LruCache<readonly number[]>(REMEMBERED);

  /** @returns seconds until the next attempt is allowed; 0 if it is allowed now */
  waitSeconds(email: string, now: Date): number {
    const recent = this.recent(email, now);
    const [oldest] = recent.slice(-MAX_FAILURES);
    if (oldest === undefined || recent.length < MAX_FAILURES) return 0;
    return Math.ceil(WINDOW_SECONDS - (now.getTime() - oldest) / 1_000);
  }

  /** Counts an attempt before it is checked, so that simultaneous attempts cannot exceed the limit. */
  begin(email: string, now: Date): void {
    this.failures.set(email, [...this.recent(email, now), now.getTime()]);
  }

  /** Uncounts an attempt that did not fail. */
  withdraw(email: string, now: Date): void {
    const recent = this.recent(email, now);
    const at = recent.indexOf(now.getTime());
    this.failures.set(
      email,
      recent.filter((_, index) => index !== at),
    );
  }

  succeed(email: string): void {
    this.failures.delete(email);
  }

  private recent(email: string, now: Date): number[] {
    return (this.failures.get(email) ?? []).filter((at) => now.getTime() - at < WINDOW_SECONDS * 1_000);
  }
}
