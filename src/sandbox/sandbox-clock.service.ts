import { Injectable } from '@nestjs/common';
import { StoreError } from '../common/errors.js';

/** Furthest that one request moves the clock: a year, beyond whatever expires. */
export const MAX_ADVANCE_SECONDS = 366 * 24 * 60 * 60;

/** The sandbox's own time: that of this machine, and what a test has moved it on by. */
@Injectable()
export class SandboxClockService {
  private aheadMs = 0;

  now(): Date {
    return new Date(Date.now() + this.aheadMs);
  }

  /** @throws StoreError `invalid-request` where it would go back, or further than {@link MAX_ADVANCE_SECONDS} */
  advance(seconds: unknown): Date {
    if (typeof seconds !== 'number' || !(seconds >= 0 && seconds <= MAX_ADVANCE_SECONDS))
      throw new StoreError(
        'invalid-request',
        `cannot move the clock on: give a number of seconds from 0 to ${MAX_ADVANCE_SECONDS}`,
      );
    // Whole milliseconds: a Date cuts what is less, and of many moves one would end a millisecond early.
    this.aheadMs += Math.round(seconds * 1_000);
    return this.now();
  }
}
