import fc from 'fast-check';
import { expect, it } from 'vitest';
import { StoreError } from '../../common/errors.js';
import type { HeaderMap, HeaderValue } from './assertion.js';
import { formatHeaders, parseHeaders } from './headers.js';

const name = fc.stringMatching(/^[a-z](-?[a-z0-9]){0,6}$/);
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('\n', ' ', '-', ':', 'a', '\r') }),
);
const { value } = fc.letrec<{ value: HeaderValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    text,
    fc.array(tie('value'), { minLength: 1, maxLength: 3 }),
    fc.dictionary(name, tie('value'), { minKeys: 1, maxKeys: 3 }),
  ),
}));
const headers = fc.dictionary(name, value, { minKeys: 1, maxKeys: 6 });

function sorted(map: HeaderMap): string {
  return JSON.stringify(map, (_, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}

it('reads what it writes', () => {
  fc.assert(
    fc.property(headers, (map) => {
      expect(sorted(parseHeaders(formatHeaders(Object.entries(map))))).toBe(sorted(map));
    }),
    { numRuns: 500 },
  );
});

it('writes what it read, byte for byte', () => {
  fc.assert(
    fc.property(headers, (map) => {
      const written = formatHeaders(Object.entries(map));
      expect(formatHeaders(Object.entries(parseHeaders(written))).equals(written)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

/** Headers with the indentation of one line changed, or one character removed. */
const damaged = fc
  .tuple(headers, fc.nat(), fc.nat({ max: 4 }), fc.boolean())
  .map(([map, at, spaces, whole]) => {
    const written = formatHeaders(Object.entries(map)).toString();
    if (!whole) return written.slice(0, at % written.length) + written.slice((at % written.length) + 1);
    const lines = written.split('\n');
    return lines
      .map((line, index) => (index === at % lines.length ? ' '.repeat(spaces) + line.trimStart() : line))
      .join('\n');
  });

it('reads or refuses any input, and can write and read again what it has read', () => {
  let read = 0;
  fc.assert(
    fc.property(fc.oneof(damaged, fc.string({ unit: 'binary' })), (source) => {
      let parsed: HeaderMap;
      try {
        parsed = parseHeaders(Buffer.from(source));
      } catch (error) {
        expect(error).toBeInstanceOf(StoreError);
        return;
      }
      read += 1;
      expect(sorted(parseHeaders(formatHeaders(Object.entries(parsed))))).toBe(sorted(parsed));
    }),
    { numRuns: 3_000 },
  );
  expect(read).toBeGreaterThan(100);
});
