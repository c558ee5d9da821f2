import { MAX_INTEGER } from '../../common/domain/words.js';
import { StoreError } from '../../common/errors.js';
import { DEFAULT_PAGE_ROWS } from '../../common/limits.js';

/** What a request wants of a long list. */
export interface PageWish {
  readonly limit?: number;
  /** `next` of the page before. */
  readonly after?: string;
}

export interface Page<T> {
  readonly items: T[];
  /** What the next page comes after; `null` on the last one. */
  readonly next: string | null;
}

/** Cuts a page out of a list that is sorted by its keys. */
export function pageOf<T>(
  sorted: readonly T[],
  { limit = DEFAULT_PAGE_ROWS, after }: PageWish,
  keyOf: (item: T) => string,
): Page<T> {
  const last = after === undefined ? undefined : readCursor(after);
  const rest = last === undefined ? sorted : sorted.filter((item) => keyOf(item) > last);
  const items = rest.slice(0, limit);
  const lastItem = items.at(-1);
  const next = rest.length > limit && lastItem !== undefined ? writeCursor(keyOf(lastItem)) : null;
  return { items, next };
}

/**
 * Cuts a page out of rows that were read for it.
 *
 * @param found - one more than the page has, if there are more
 * @param cursorOf - what the next page comes after
 */
export function cutPage<T>(found: readonly T[], limit: number, cursorOf: (last: T) => string): Page<T> {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, next: found.length > limit && last !== undefined ? cursorOf(last) : null };
}

/** As {@link pageOf}, for a list in another order. */
export function sortedPage<T>(list: readonly T[], wish: PageWish, keyOf: (item: T) => string): Page<T> {
  return pageOf(
    list.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1)),
    wish,
    keyOf,
  );
}

/** What the next page comes after, as text. */
export function writeCursor(key: string): string {
  return writeKeys([key]);
}

/** The same of a list that is sorted by several columns. */
export function writeKeys(keys: readonly string[]): string {
  return Buffer.from(JSON.stringify(keys)).toString('base64url');
}

/** @throws StoreError `invalid-request` on a text that {@link writeCursor} did not make */
export function readCursor(cursor: string): string {
  return readKeys(cursor, 1)[0] ?? '';
}

/** @throws StoreError `invalid-request` on a text that {@link writeKeys} did not make of so many keys */
export function readKeys(cursor: string, count: number): string[] {
  try {
    const keys = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown;
    if (Array.isArray(keys) && keys.length === count && keys.every(isKey)) return keys;
  } catch {
    // Said below.
  }
  throw new StoreError(
    'invalid-request',
    `cannot continue after ${JSON.stringify(cursor.slice(0, 80))}: give \`next\` of the page before`,
    { field: 'after' },
  );
}

/** The database cannot compare with NUL. */
function isKey(key: unknown): key is string {
  return typeof key === 'string' && !key.includes('\0');
}

/** @throws StoreError `invalid-request` on a cursor of another list */
export function readSequence(cursor: string): number {
  const key = readCursor(cursor);
  if (/^[1-9]\d{0,15}$/.test(key)) return Number(key);
  throw otherList();
}

/** @throws StoreError `invalid-request` if a part of a cursor is no positive integer of the database */
export function keyNumber(key: string | undefined): number {
  if (key !== undefined && /^[1-9]\d{0,9}$/.test(key) && Number(key) <= MAX_INTEGER) return Number(key);
  throw otherList();
}

/** For a cursor of another list. */
export function otherList(): StoreError {
  return new StoreError('invalid-request', 'cannot continue there: give `next` of a page of this list', {
    field: 'after',
  });
}
