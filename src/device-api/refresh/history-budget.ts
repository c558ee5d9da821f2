import { StoreError } from '../../common/errors.js';
import { MAX_REFRESH_HISTORIES } from '../../common/limits.js';

/** Limits how often one request may look up the history of a snap, because each look-up needs queries of its own. */
export class HistoryBudget {
  private taken = 0;

  /** @throws StoreError `too-large` beyond the limit */
  take(): void {
    this.taken += 1;
    if (this.taken > MAX_REFRESH_HISTORIES)
      throw new StoreError(
        'too-large',
        `cannot answer refresh: more than ${MAX_REFRESH_HISTORIES} of its snaps need a look-up in the history (cohorts, other epochs, revisions by number on a channel); request fewer snaps at a time`,
      );
  }
}
