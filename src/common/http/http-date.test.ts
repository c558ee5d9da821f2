import { expect, it } from 'vitest';
import { readHttpDate } from './http-date.js';

it.each(['Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994'])(
  '%s is one moment',
  (text) => expect(readHttpDate(text)).toBe(Date.UTC(1994, 10, 6, 8, 49, 37)),
);

it.each([
  undefined,
  '',
  '0',
  'yesterday',
  '1994-11-06T08:49:37Z',
  'Sun, 06 Nov 1994 08:49:37 CET',
  'Sun, 06 Nov 1994 08:49:37',
  'Sun, 6 Nov 1994 08:49:37 GMT',
  'sun, 06 nov 1994 08:49:37 gmt',
  'Sun, 06 Nov 1994 25:49:37 GMT',
])('%j is invalid', (text) => expect(readHttpDate(text)).toBeUndefined());
