import { StoreError } from '../../common/errors.js';
import { MAX_REFRESH_HISTORIES } from '../../common/limits.js';

/** How often one request may look into the history of a snap, which costs queries of its own each time. */
export class HistoryBudget {
  private taken = 0;

  /** @throws StoreError `too-large` where this is once too often */
  take(): void {
    this.taken += 1;
    if (this.taken > MAX_REFRESH_HISTORIES)
      throw new StoreError(
        'too-large',
        `cannot answer refresh: more than ${MAX_REFRESH_HISTORIES} of its snaps are in cohorts, of other epochs, or asked for by number on a channel, which must be looked up; ask for fewer snaps at a time`,
      );
  }
}
