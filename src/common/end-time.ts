import { StoreError } from './errors.js';

const TIME = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/**
 * Parses an expiry, or another time: a date, which means its start in UTC, or a date and time with a zone.
 *
 * @param what - how a refusal calls it
 * @throws StoreError `invalid-request` on any other format, and on days that do not exist
 */
export function parseEnd(word: string, what = 'expiry'): Date {
  const time = new Date(TIME.test(word) ? word : NaN);
  const day = new Date(`${word.slice(0, 10)}T00:00Z`);
  const isDay = !Number.isNaN(day.getTime()) && day.toISOString().startsWith(word.slice(0, 10));
  if (isDay && !Number.isNaN(time.getTime())) return time;
  throw new StoreError(
    'invalid-request',
    `cannot use ${what} ${JSON.stringify(word.slice(0, 80))}: give a date (2026-12-31), or date, time and zone (2026-12-31T18:00Z)`,
  );
}
