import { replacing, withRaw, withValue } from './edits.js';
import type { EditedRow } from './malformed-grammar.js';

type Side = 'accepts' | 'refuses';

/** Where the two sides do not agree, which they should not, and why. */
export interface Difference {
  readonly row: EditedRow;
  readonly snapd: Side;
  readonly store: Side;
}

/** What newer releases of snapd know and 2.57.6 does not; the store speaks for the newest. */
export const DIFFERENCES: readonly Difference[] = [];
