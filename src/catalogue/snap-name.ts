import { StoreError } from '../common/errors.js';
import { isSnapName } from '../snap-files/yaml-fields.js';

/** Longest name of a snap, in characters. */
export const MAX_SNAP_NAME_LENGTH = 40;

/** @throws StoreError `invalid-request` on a string that cannot be the name of a snap */
export function parseSnapName(word: string): string {
  if (isSnapName(word)) return word;
  throw new StoreError(
    'invalid-request',
    `cannot use snap name ${JSON.stringify(word.slice(0, 80))}: give 2 to ${MAX_SNAP_NAME_LENGTH} lower-case letters, digits and single dashes, with at least one letter`,
    { field: 'name' },
  );
}
