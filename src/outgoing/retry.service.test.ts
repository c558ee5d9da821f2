import { expect, it } from 'vitest';
import { ATTEMPTS, FIRST_WAIT_MS, isRetryStatus, MAX_RETRY_AFTER_MS, waitBefore } from './retry.service.js';

const now = new Date('2026-01-01T00:00:00Z');
const longest = MAX_RETRY_AFTER_MS / 1_000;

it.each([
  ['waits for the first pause', 1, undefined, FIRST_WAIT_MS],
  ['waits longer the second time', 2, undefined, FIRST_WAIT_MS * 2.5],
  ['gives up after the last attempt', ATTEMPTS, undefined, undefined],
  ['waits before the last attempt', ATTEMPTS - 1, undefined, FIRST_WAIT_MS * 2.5 ** (ATTEMPTS - 2)],
  ['waits for the seconds that the server asks for', 1, '7', 7_000],
  ['waits until the date that the server names', 1, 'Thu, 01 Jan 2026 00:00:09 GMT', 9_000],
  ['waits no less than the back-off', 2, '0', FIRST_WAIT_MS * 2.5],
  ['waits for the back-off if the header is invalid', 1, 'soon', FIRST_WAIT_MS],
  ['waits for the longest pause that a server may ask for', 1, String(longest), MAX_RETRY_AFTER_MS],
  ['gives up if the server asks for a longer pause', 1, String(longest + 1), undefined],
])('%s', (_, attempt, retryAfter, wait) => expect(waitBefore(attempt, retryAfter, now)).toBe(wait));

it.each([
  [200, false],
  [404, false],
  [428, false],
  [429, true],
  [499, false],
  [500, true],
  [503, true],
])('status %i allows another attempt: %s', (status, again) => expect(isRetryStatus(status)).toBe(again));
