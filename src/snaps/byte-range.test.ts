import { expect, it } from 'vitest';
import { parseRange } from './byte-range.js';

it.each([
  [undefined, 'whole'],
  ['', 'whole'],
  ['bytes=0-', { start: 0, end: 10 }],
  ['bytes=3-', { start: 3, end: 10 }],
  ['bytes=9-', { start: 9, end: 10 }],
  ['bytes=10-', 'unsatisfiable'],
  ['bytes=11-', 'unsatisfiable'],
  ['bytes=0-0', { start: 0, end: 1 }],
  ['bytes=2-5', { start: 2, end: 6 }],
  ['bytes=2-9', { start: 2, end: 10 }],
  ['bytes=2-10', { start: 2, end: 10 }],
  ['bytes=2-999', { start: 2, end: 10 }],
  ['bytes=5-2', 'whole'],
  ['bytes=-3', { start: 7, end: 10 }],
  ['bytes=-10', { start: 0, end: 10 }],
  ['bytes=-11', { start: 0, end: 10 }],
  ['bytes=-0', 'unsatisfiable'],
  ['bytes=-', 'whole'],
  ['bytes=0-1,3-4', 'whole'],
  ['lines=0-1', 'whole'],
  ['bytes=a-', 'whole'],
  ['bytes=99999999999999999-', 'whole'],
])('reads %j of a file of ten bytes', (header, range) => expect(parseRange(header, 10)).toEqual(range));
