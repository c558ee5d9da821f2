import { expect, it } from 'vitest';
import { ATTEMPTS, FIRST_WAIT_MS, isRetryStatus, MAX_RETRY_AFTER_MS, waitBefore } from './retry.service.js';

const now = new Date('2026-01-01T00:00:00Z');
const longest = MAX_RETRY_AFTER_MS / 1_000;

it.each([
  ['the first wait', 1, undefined, FIRST_WAIT_MS],
  ['a longer second one', 2, undefined, FIRST_WAIT_MS * 2.5],
  ['none after the last attempt', ATTEMPTS, undefined, undefined],
  ['one before the last attempt', ATTEMPTS - 1, undefined, FIRST_WAIT_MS * 2.5 ** (ATTEMPTS - 2)],
  ['what the server asks for, in seconds', 1, '7', 7_000],
  ['what the server asks for, as a date', 1, 'Thu, 01 Jan 2026 00:00:09 GMT', 9_000],
  ['no less than the back-off', 2, '0', FIRST_WAIT_MS * 2.5],
  ['the back-off where the server asks for nonsense', 1, 'soon', FIRST_WAIT_MS],
  ['as long as the server may ask for', 1, String(longest), MAX_RETRY_AFTER_MS],
  ['none where it asks for more', 1, String(longest + 1), undefined],
])('%s', (_, attempt, retryAfter, wait) => expect(waitBefore(attempt, retryAfter, now)).toBe(wait));

it.each([
  [200, false],
  [404, false],
  [428, false],
  [429, true],
  [499, false],
  [500, true],
  [503, true],
])('status %i asks for another attempt: %s', (status, again) => expect(isRetryStatus(status)).toBe(again));
