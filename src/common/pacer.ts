import { setImmediate as nextTurn } from 'node:timers/promises';
import { WORK_SLICE_MS } from './limits.js';

/** Splits long work into slices. Other requests are answered between them. */
export class Pacer {
  private since = performance.now();

  /** Whether this slice has been long enough. */
  get isDue(): boolean {
    return performance.now() - this.since >= WORK_SLICE_MS;
  }

  /** Lets other work run. */
  async rest(): Promise<void> {
    await nextTurn();
    this.since = performance.now();
  }
}
