import { MAX_CONFDB_SCHEMA_STEPS } from '../../../../common/limits.js';
import { HeaderError } from '../../header-checks.js';

/** Counts what checking one confdb-schema costs: its views can ask for any number of walks through its storage. */
export class Work {
  private left = MAX_CONFDB_SCHEMA_STEPS;

  /** @throws HeaderError where the views and the storage together ask for more than the limit */
  spend(steps: number): void {
    this.left -= steps;
    if (this.left < 0)
      throw new HeaderError(
        `header "views" and the storage of the body need more than ${MAX_CONFDB_SCHEMA_STEPS} steps to compare`,
      );
  }
}
