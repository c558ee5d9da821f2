import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';

/** snapcore/snapd: store/store.go, defaultRetryStrategy */
export const ATTEMPTS = 6;
export const FIRST_WAIT_MS = 500;
const WAIT_FACTOR = 2.5;
/** A server that asks for more patience than this is told to the operator instead. */
export const MAX_RETRY_AFTER_MS = 120_000;

/** Waits between attempts. A provider of its own, so that a test need not wait. */
@Injectable()
export class RetryService {
  /** Told, in one line, of each pause that somebody waits for. */
  announce: (line: string) => void = () => undefined;

  async for(ms: number): Promise<void> {
    await sleep(ms);
  }
}

/** Statuses that ask for another attempt; snapd gives up at 429, but nobody waits for snapd's reply all night. */
export function isRetryStatus(status: number): boolean {
  return status === 429 || status >= 500;
}

/**
 * How long to wait before the next attempt.
 *
 * @param attempt - from 1: the one that failed
 * @param retryAfter - the header: seconds or a date (RFC 9110, section 10.2.3)
 * @returns undefined where no further attempt should be made
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
