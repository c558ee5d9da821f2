import { setImmediate as nextTurn } from 'node:timers/promises';
import { WORK_SLICE_MS } from './limits.js';

/** Cuts long work into slices, between which others are answered. */
export class Pacer {
  private since = performance.now();

  /** Whether this slice has been long enough. */
  get isDue(): boolean {
    return performance.now() - this.since >= WORK_SLICE_MS;
  }

  /** Lets the others go first. */
  async rest(): Promise<void> {
    await nextTurn();
    this.since = performance.now();
  }
}
