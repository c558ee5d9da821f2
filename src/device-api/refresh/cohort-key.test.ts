import { describe, expect, it } from 'vitest';
import { COHORT_WINDOW_MS, cohortView, MAX_COHORT_KEY_LENGTH, readCohort, signCohort } from './cohort-key.js';

const SECRET = Buffer.alloc(32, 1);
const COHORT = { snapId: 'jqjqjqjq', createdAt: Date.parse('2026-03-01T00:00:00Z'), releaseId: 17 };
const KEY = signCohort(SECRET, COHORT);

/** The same key with its text changed, and its signature as it was. */
function altered(from: string, to: string): string {
  return Buffer.from(Buffer.from(KEY, 'base64url').toString().replace(from, to)).toString('base64url');
}

describe('a cohort key', () => {
  it('says what was signed', () => {
    expect(readCohort(SECRET, KEY)).toEqual(COHORT);
  });

  it.each([
    ['another secret', Buffer.alloc(32, 2), KEY],
    ['another snap', SECRET, altered('jqjqjqjq', 'jqjqjqjx')],
    ['another time', SECRET, altered(String(COHORT.createdAt), String(COHORT.createdAt + 1))],
    ['another release', SECRET, altered(' 17 ', ' 18 ')],
    ['another kind', SECRET, altered('1 jq', '2 jq')],
    ['no key at all', SECRET, 'what'],
    ['an empty one', SECRET, ''],
    ['more after it', SECRET, `${KEY}QUJD`],
    ['a longer one', SECRET, KEY.padEnd(MAX_COHORT_KEY_LENGTH + 1, 'A')],
  ])('is none with %s', (_what, secret, key) => {
    expect(readCohort(secret, key)).toBeUndefined();
  });
});

it('stays with the releases that it began with for ninety days, and then with those of each ninety days', () => {
  const after = (ms: number) => cohortView(COHORT, COHORT.createdAt + ms);
  const addedBefore = (windows: number) => ({
    addedBefore: new Date(COHORT.createdAt + windows * COHORT_WINDOW_MS),
  });
  expect(after(0)).toEqual({ releaseId: 17 });
  expect(after(COHORT_WINDOW_MS - 1)).toEqual({ releaseId: 17 });
  expect(after(COHORT_WINDOW_MS)).toEqual(addedBefore(1));
  expect(after(2 * COHORT_WINDOW_MS - 1)).toEqual(addedBefore(1));
  expect(after(2 * COHORT_WINDOW_MS)).toEqual(addedBefore(2));
  // A clock that was set back since.
  expect(after(-1)).toEqual({ releaseId: 17 });
});
