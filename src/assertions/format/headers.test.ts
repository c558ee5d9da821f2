import { describe, expect, it } from 'vitest';
import type { HeaderValue } from './assertion.js';
import { formatHeaders, parseHeaders } from './headers.js';
import { MAX_HEADER_DEPTH } from './limits.js';

const REFUSED = expect.objectContaining({
  code: 'invalid-assertion',
  message: expect.stringMatching(/^cannot [^\n]+$/),
});

function parse(text: string): unknown {
  return JSON.parse(JSON.stringify(parseHeaders(Buffer.from(text))));
}

describe('parseHeaders', () => {
  it.each<[string, unknown]>([
    ['a: b', { a: 'b' }],
    ['a: ', { a: '' }],
    ['a:  b ', { a: ' b ' }],
    ['a: b: c', { a: 'b: c' }],
    ['a: - b', { a: '- b' }],
    ['a: \r', { a: '\r' }],
    ['a: \ufeffü\u0000', { a: '\ufeffü\u0000' }],
    ['a1-b2: x\nc: y', { 'a1-b2': 'x', c: 'y' }],
    ['a:\n    x', { a: 'x' }],
    ['a:\n    \n    x', { a: '\nx' }],
    ['a:\n    x\n    ', { a: 'x\n' }],
    ['a:\n      x', { a: '  x' }],
    ['a:\n    - x', { a: '- x' }],
    ['a:\n    x\nb: y', { a: 'x', b: 'y' }],
    ['a:\n  - x', { a: ['x'] }],
    ['a:\n  - x\n  - y\nb: z', { a: ['x', 'y'], b: 'z' }],
    ['a:\n  - k: v', { a: ['k: v'] }],
    ['a:\n  - ', { a: [''] }],
    ['a:\n  -\n    k: v\n    l: w', { a: [{ k: 'v', l: 'w' }] }],
    ['a:\n  -\n    - x\n  - z', { a: [['x'], 'z'] }],
    ['a:\n  -\n      x\n      y', { a: ['x\ny'] }],
    ['a:\n  k: v\n  l:\n    - w', { a: { k: 'v', l: ['w'] } }],
    ['a:\n  k:\n      x\n      y', { a: { k: 'x\ny' } }],
    ['constructor: x\nproto:\n  valueof: y', { constructor: 'x', proto: { valueof: 'y' } }],
  ])('reads %j', (text, headers) => {
    expect(parse(text)).toEqual(headers);
  });

  it.each([
    [''],
    ['\n'],
    ['a'],
    ['a: b\n'],
    ['a: b\r\nc: d\r\n'],
    ['a:'],
    ['a:b'],
    ['a:\tb'],
    ['a:\nb: c'],
    ['a:\n  '],
    ['a:\n   x'],
    ['a:\n x'],
    ['a:\n\tx'],
    ['A: x'],
    ['1a: x'],
    ['a-: x'],
    ['-a: x'],
    ['a--b: x'],
    ['a_b: x'],
    ['a b: x'],
    ['ä: x'],
    [' a: x'],
    [': x'],
    ['a: x\na: y'],
    ['a:\n  k: v\n  k: w'],
    ['a:\n  k'],
    ['a:\n  K: v'],
    ['a:\n  k: v\n   l: w'],
    ['a:\n  k:v'],
    ['a:\n  -x'],
    ['a:\n  -'],
    ['a:\n  - x\n  y: z'],
    ['a:\n  - x\n    - y'],
    ['a:\n  -\n    x\n    y'],
    ['__proto__: x'],
  ])('refuses %j', (text) => {
    expect(() => parseHeaders(Buffer.from(text))).toThrow(REFUSED);
  });

  it.each([
    ['an incomplete character', [0xff]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a code point beyond Unicode', [0xf4, 0x90, 0x80, 0x80]],
    ['an unpaired surrogate', [0xc3]],
  ])('refuses what is not UTF-8: %s', (_, bytes) => {
    expect(() => parseHeaders(Buffer.from([...Buffer.from('a: '), ...bytes]))).toThrow(REFUSED);
  });

  it('finds only what was signed', () => {
    const headers = parseHeaders(Buffer.from('a:\n  b: c'));
    expect(headers['constructor']).toBeUndefined();
    expect(Object.getPrototypeOf(headers)).toBeNull();
    expect(Object.getPrototypeOf(headers['a'])).toBeNull();
  });
});

describe('formatHeaders', () => {
  it.each<[HeaderValue, string]>([
    ['b', 'a: b'],
    ['', 'a: '],
    ['x\ny', 'a:\n    x\n    y'],
    ['\n', 'a:\n    \n    '],
    ['x\r\u2028y', 'a: x\r\u2028y'],
    ['$&\n$1', 'a:\n    $&\n    $1'],
    [['x', 'y'], 'a:\n  - x\n  - y'],
    [['x\ny'], 'a:\n  -\n      x\n      y'],
    [[['x'], { k: 'v' }], 'a:\n  -\n    - x\n  -\n    k: v'],
    [{ z: '1', b: '2', 'b-c': '3' }, 'a:\n  b: 2\n  b-c: 3\n  z: 1'],
    [{ k: 'x\ny' }, 'a:\n  k:\n      x\n      y'],
    [[], ''],
    [{}, ''],
    [[[], 'x', {}], 'a:\n  - x'],
    [{ k: [], l: 'x' }, 'a:\n  l: x'],
  ])('writes %j', (value, text) => {
    expect(formatHeaders([['a', value]]).toString()).toBe(text);
  });

  it('keeps the order it is given', () => {
    const entries = [['type', 'x'] as const, ['b', 'y'] as const, ['a', 'z'] as const];
    expect(formatHeaders(entries).toString()).toBe('type: x\nb: y\na: z');
  });

  it.each<[string, string, HeaderValue]>([
    ['a name', 'A', 'x'],
    ['a name with a new line', 'a: b\nc', 'x'],
    ['a map key', 'a', { 'k l': 'x' }],
    ['an unpaired surrogate', 'a', '\ud800'],
  ])('refuses %s outside the grammar', (_, name, value) => {
    expect(() => formatHeaders([[name, value]])).toThrow(REFUSED);
  });
});

describe('nesting', () => {
  const nestedValue = (depth: number): HeaderValue => (depth === 0 ? 'x' : [nestedValue(depth - 1)]);
  const nestedText = (depth: number): string => {
    const lines = Array.from({ length: depth }, (_, level) => `${'  '.repeat(level + 1)}-`);
    return `a:\n${lines.join('\n')} x`;
  };

  it.each([1, MAX_HEADER_DEPTH - 1, MAX_HEADER_DEPTH])('reads and writes %d nested lists', (depth) => {
    expect(formatHeaders([['a', nestedValue(depth)]]).toString()).toBe(nestedText(depth));
    expect(parseHeaders(Buffer.from(nestedText(depth)))['a']).toEqual(nestedValue(depth));
  });

  it.each([MAX_HEADER_DEPTH + 1, 400])('refuses %d', (depth) => {
    expect(() => formatHeaders([['a', nestedValue(depth)]])).toThrow(REFUSED);
    expect(() => parseHeaders(Buffer.from(nestedText(depth)))).toThrow(REFUSED);
  });

  it('accepts a string of several lines at the greatest depth', () => {
    const maps = (depth: number): HeaderValue => (depth === 0 ? 'x\ny' : { k: maps(depth - 1) });
    const text = formatHeaders([['a', maps(MAX_HEADER_DEPTH)]]);
    expect(JSON.stringify(parseHeaders(text)['a'])).toBe(JSON.stringify(maps(MAX_HEADER_DEPTH)));
  });
});
