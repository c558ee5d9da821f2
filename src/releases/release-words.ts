import { isArchitecture, isRevision, MAX_INTEGER } from '../common/domain/words.js';
import { StoreError } from '../common/errors.js';

/** @throws StoreError `invalid-request` on an invalid revision */
export function parseRevision(word: string): number {
  if (isRevision(word)) return Number(word);
  throw new StoreError(
    'invalid-request',
    `cannot use revision ${JSON.stringify(word.slice(0, 80))}: give a number from 1 to ${MAX_INTEGER}`,
  );
}

/** @throws StoreError `invalid-request` on an invalid architecture name */
export function parseArchitecture(word: string): string {
  if (isArchitecture(word)) return word;
  throw new StoreError(
    'invalid-request',
    `cannot use architecture ${JSON.stringify(word.slice(0, 80))}: give a Debian architecture name, such as amd64`,
  );
}

/** @throws StoreError `invalid-request` on a value that is not a whole number from 1 to 100 */
export function parsePercentage(word: string): number {
  if (/^(?:[1-9]\d?|100)$/.test(word)) return Number(word);
  throw new StoreError(
    'invalid-request',
    `cannot use percentage ${JSON.stringify(word.slice(0, 80))}: give a number from 1 to 100; to undo a release use \`rollback\``,
  );
}
