import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';

/** snapcore/snapd: store/store.go, defaultRetryStrategy */
export const ATTEMPTS = 6;
export const FIRST_WAIT_MS = 500;
const WAIT_FACTOR = 2.5;
/** If a server asks for a longer pause than this, the request fails instead. */
export const MAX_RETRY_AFTER_MS = 120_000;

/** Waits between attempts. It is a separate provider, so that tests need not wait. */
@Injectable()
export class RetryService {
  /** Called with one line before each pause. */
  announce: (line: string) => void = () => undefined;

  async for(ms: number): Promise<void> {
    await sleep(ms);
  }
}

/** Statuses that allow another attempt. snapd gives up at 429, but a fetch that runs overnight can wait. */
export function isRetryStatus(status: number): boolean {
  return status === 429 || status >= 500;
}

/**
 * Returns the pause before the next attempt, in milliseconds.
 *
 * @param attempt - the number of the attempt that failed, from 1
 * @param retryAfter - the header `Retry-After`: seconds or a date (RFC 9110, section 10.2.3)
 * @returns undefined if there is no further attempt
 */
export function waitBefore(attempt: number, retryAfter: string | undefined, now: Date): number | undefined {
  if (attempt >= ATTEMPTS) return undefined;
  const backOff = FIRST_WAIT_MS * WAIT_FACTOR ** (attempt - 1);
  if (retryAfter === undefined) return backOff;
  const asked = /^\d+$/.test(retryAfter)
    ? Number(retryAfter) * 1_000
    : new Date(retryAfter).getTime() - now.getTime();
  if (Number.isNaN(asked)) return backOff;
  return asked > MAX_RETRY_AFTER_MS ? undefined : Math.max(asked, backOff);
}
