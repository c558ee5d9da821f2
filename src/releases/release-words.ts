import { isArchitecture, isRevision, MAX_INTEGER } from '../common/domain/words.js';
import { StoreError } from '../common/errors.js';

const TIME = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/** @throws StoreError `invalid-request` on an invalid revision */
export function parseRevision(word: string): number {
  if (isRevision(word)) return Number(word);
  throw new StoreError(
    'invalid-request',
    `cannot use revision ${JSON.stringify(word.slice(0, 80))}: give a number from 1 to ${MAX_INTEGER}`,
  );
}

/**
 * Parses an expiry: a date, which means its start in UTC, or a date and time with a zone.
 *
 * @throws StoreError `invalid-request` on any other format, and on days that do not exist
 */
export function parseEnd(word: string): Date {
  const time = new Date(TIME.test(word) ? word : NaN);
  const day = new Date(`${word.slice(0, 10)}T00:00Z`);
  const isDay = !Number.isNaN(day.getTime()) && day.toISOString().startsWith(word.slice(0, 10));
  if (isDay && !Number.isNaN(time.getTime())) return time;
  throw new StoreError(
    'invalid-request',
    `cannot use expiry ${JSON.stringify(word.slice(0, 80))}: give a date (2026-12-31), or date, time and zone (2026-12-31T18:00Z)`,
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
