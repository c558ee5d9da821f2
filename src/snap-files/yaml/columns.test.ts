import { describe, expect, it } from 'vitest';
import { plainValue } from '../../../test/support/yaml-value.js';
import { composeYaml } from './composer.js';

/** The expected values are those that go-yaml, and therefore snapd, reads. */
describe('a value that continues at column 0', () => {
  it.each([
    ['a list', 'a: [\nsnapd2.40,\ncommand-chain\n]\nb: x\n', { a: ['snapd2.40', 'command-chain'], b: 'x' }],
    ['a map', 'a: {\nhome: {},\nnetwork: {}\n}\nb: x\n', { a: { home: {}, network: {} }, b: 'x' }],
    [
      'a double-quoted string',
      'a: "first line\n\nsecond line"\nb: x\n',
      { a: 'first line\nsecond line', b: 'x' },
    ],
    ['an escaped line end', 'a: "cut \\\nin two"\nb: x\n', { a: 'cut in two', b: 'x' }],
    ['a single-quoted string', "a: 'tests\n\n'\nb: x\n", { a: 'tests\n', b: 'x' }],
    [
      'a nested one',
      "a:\n  x:\n    e:\n      A: 'one\n\n      '\nb: y\n",
      { a: { x: { e: { A: 'one\n' } } }, b: 'y' },
    ],
    [
      'an entry of a list',
      "a:\n- 'one\ntwo'\n- k: plain\n  l: 'three\nfour'\nb: x\n",
      { a: ['one two', { k: 'plain', l: 'three four' }], b: 'x' },
    ],
    ['a doubled quote', "a: 'it''s\nhere'\nb: x\n", { a: "it's here", b: 'x' }],
    ['a bracket in quotes', 'a: ["]",\n"}"]\nb: x\n', { a: [']', '}'], b: 'x' }],
    ['a comment in a list', 'a: [one, # not ]\ntwo]\nb: x\n', { a: ['one', 'two'], b: 'x' }],
    [
      'after a plain string with quotes',
      "a: plain\n  'tis 5 o'clock\nb: 'one\ntwo'\n",
      { a: "plain 'tis 5 o'clock", b: 'one two' },
    ],
    [
      'after a block string with quotes',
      "a: |\n  'tis\n  [x\nb: 'one\ntwo'\n",
      { a: "'tis\n[x\n", b: 'one two' },
    ],
    ['after a quoted key', `'k': plain\nb: "one\ntwo"\n`, { k: 'plain', b: 'one two' }],
    ['with tag and anchor', "a: !!str &x 'one\ntwo'\nb: *x\n", { a: 'one two', b: 'one two' }],
  ])('is read: %s', (_, text, expected) => expect(plainValue(composeYaml(text))).toEqual(expected));
});

it.each(["a: 'never closed\n\nb: x\n", 'a: [one,\ntwo\n', 'a: "\\', "a: '", 'a: [#', '- - [\n'])(
  'refuses a value without an end: %j',
  (text) => expect(() => composeYaml(text)).toThrow(/^line \d+: /),
);
