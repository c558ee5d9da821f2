import { Injectable } from '@nestjs/common';
import { StoreError } from '../common/errors.js';

/** Longest move of the clock in one request: a year, which is longer than any validity. */
export const MAX_ADVANCE_SECONDS = 366 * 24 * 60 * 60;

/** The sandbox's own time: the time of this machine plus all moves. */
@Injectable()
export class SandboxClockService {
  private aheadMs = 0;

  now(): Date {
    return new Date(Date.now() + this.aheadMs);
  }

  /** @throws StoreError `invalid-request` if the clock would move back, or further than {@link MAX_ADVANCE_SECONDS} */
  advance(seconds: unknown): Date {
    if (typeof seconds !== 'number' || !(seconds >= 0 && seconds <= MAX_ADVANCE_SECONDS))
      throw new StoreError(
        'invalid-request',
        `cannot move the clock: give a number of seconds from 0 to ${MAX_ADVANCE_SECONDS}`,
      );
    // Whole milliseconds: a Date drops fractions, so many moves could end one millisecond early.
    this.aheadMs += Math.round(seconds * 1_000);
    return this.now();
  }
}
