import { describe, expect, it } from 'vitest';
import { MAX_JSON_DEPTH, MAX_JSON_NAMES, MAX_JSON_STRUCTURE } from '../common/limits.js';
import { JsonScanner } from './json-scanner.js';

/** The scanner's result for a string that arrives in pieces of this many bytes. */
function scan(text: string, pieceBytes = text.length || 1): string | undefined {
  const scanner = new JsonScanner();
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; start += pieceBytes) {
    const excess = scanner.scan(bytes.subarray(start, start + pieceBytes));
    if (excess !== undefined) return excess;
  }
  return undefined;
}

const zeros = (count: number) => `[${Array.from({ length: count }, () => '0').join(',')}]`;
const members = (count: number, name = (index: number) => `n${index}`) =>
  `{${Array.from({ length: count }, (_, index) => `${JSON.stringify(name(index))}:0`).join(',')}}`;

it('counts commas, colons and opening brackets', () => {
  // The bracket, and a comma before each value but the first.
  expect(scan(zeros(MAX_JSON_STRUCTURE))).toBeUndefined();
  expect(scan(zeros(MAX_JSON_STRUCTURE + 1))).toBe(`it has more than ${MAX_JSON_STRUCTURE} values`);
});

it('counts the nesting of lists and objects', () => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  const says = `it is nested deeper than ${MAX_JSON_DEPTH} levels`;
  expect(scan(nested(MAX_JSON_DEPTH))).toBeUndefined();
  expect(scan(nested(MAX_JSON_DEPTH + 1))).toBe(says);
  expect(scan('{"a":'.repeat(MAX_JSON_DEPTH + 1))).toBe(says);
  expect(scan(`[${nested(3)},`.repeat(MAX_JSON_DEPTH - 3))).toBeUndefined();
});

it('counts different names of members at any depth', () => {
  const says = `it has more than ${MAX_JSON_NAMES} different names`;
  expect(scan(members(MAX_JSON_NAMES))).toBeUndefined();
  expect(scan(members(MAX_JSON_NAMES + 1))).toBe(says);
  const spread = Array.from({ length: MAX_JSON_NAMES + 1 }, (_, index) => `{"n${index}":0}`);
  expect(scan(`[${spread.join(',')}]`)).toBe(says);
  expect(scan(`[${Array.from({ length: 5_000 }, () => members(9)).join(',')}]`)).toBeUndefined();
  // Names with the same simple hash: the same letters in another order, and pairs that collide in Java.
  const confused = (index: number) =>
    Array.from({ length: 10 }, (_, bit) => ((index >> bit) & 1 ? 'Aa' : 'BB')).join('');
  expect(scan(members(MAX_JSON_NAMES + 1, confused))).toBe(says);
});

describe('what is inside strings', () => {
  it.each([
    ['brackets', '["[[[[[[[[[[[[[[[[[[[[[[[["]'],
    ['an escaped quote', `["\\"${'['.repeat(30)}"]`],
    ['escaped backslashes', `["\\\\\\\\",["\\\\\\"${'['.repeat(30)}"]]`],
    [
      'values that look like names',
      `{"a":[${Array.from({ length: 999 }, (_, index) => `"v${index}"`).join(',')}]}`,
    ],
  ])('is not counted: %s', (_, text) => {
    for (const pieceBytes of [1, 2, 3, 7, text.length]) expect(scan(text, pieceBytes)).toBeUndefined();
  });

  it('ends where it ends, even between two pieces', () => {
    const text = `["a\\\\",${'['.repeat(MAX_JSON_DEPTH)}`;
    for (const pieceBytes of [1, 2, 3, 7]) expect(scan(text, pieceBytes)).toMatch('nested deeper');
  });
});

it('leaves invalid JSON to the decoder', () => {
  for (const text of ['', ']]]]{{', '"', 'nothing', '\0\xff', ',,:,"']) expect(scan(text)).toBeUndefined();
});
