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

/** What the next page comes after, as text. */
export function writeCursor(key: string): string {
  return Buffer.from(JSON.stringify([key])).toString('base64url');
}

/** @throws StoreError `invalid-request` on a text that {@link writeCursor} did not make */
export function readCursor(cursor: string): string {
  try {
    const [key] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown[];
    if (typeof key === 'string') return key;
  } catch {
    // Said below.
  }
  throw new StoreError(
    'invalid-request',
    `cannot continue after ${JSON.stringify(cursor.slice(0, 80))}: give \`next\` of the page before`,
    { field: 'after' },
  );
}

/** @throws StoreError `invalid-request` on a cursor of another list */
export function readSequence(cursor: string): number {
  const key = readCursor(cursor);
  if (/^[1-9]\d{0,15}$/.test(key)) return Number(key);
  throw new StoreError('invalid-request', 'cannot continue there: give `next` of a page of this list', {
    field: 'after',
  });
}
