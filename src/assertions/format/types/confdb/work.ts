import { MAX_CONFDB_SCHEMA_STEPS } from '../../../../common/limits.js';
import { HeaderError } from '../../header-checks.js';

/**
 * Counts the steps of checking one confdb-schema: its views can cause any number of walks through its storage.
 */
export class Work {
  private left = MAX_CONFDB_SCHEMA_STEPS;

  /** @throws HeaderError if the views and the storage together take more steps than the limit */
  spend(steps: number): void {
    this.left -= steps;
    if (this.left < 0)
      throw new HeaderError(
        `header "views" and the storage of the body take more than ${MAX_CONFDB_SCHEMA_STEPS} steps to compare`,
      );
  }
}
