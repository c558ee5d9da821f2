import { expect, it } from 'vitest';
import { MAX_YAML_BYTES } from './yaml-fields.js';
import { MAX_YAML_DEPTH, parseYaml } from './yaml-value.js';

const filled = (unit: string) => unit.repeat(Math.floor(MAX_YAML_BYTES / unit.length));

// One object for each error made the first take seconds, and the stack that the second used up ended the process.
it.each([
  ['commas in a list', '[,', ',', 'Unexpected , in flow sequence'],
  ['braces', '{', '{', 'it is nested too deeply'],
  ['brackets', '[', '[', 'it is nested too deeply'],
  ['lists in lists', '', '- ', 'it is nested too deeply'],
  ['keys of keys', '', '? ', 'it is nested too deeply'],
  ['brackets that close nothing', '', ']', 'Unexpected flow-seq-end token'],
  ['anchors', '', '&a ', 'at most one anchor'],
  ['tags', '', '!a ', 'at most one tag'],
  ['commas and colons', '{', ',:', 'Unexpected , in flow map'],
  ['escapes that are none', '"', '\\x', 'Invalid escape sequence'],
])('text full of %s is refused at the first thing that is wrong', (_, start, unit, why) => {
  expect(() => parseYaml(start + filled(unit))).toThrow(why);
});

it('collections may stand in each other as deep as the limit', () => {
  const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  const [deepest] = [MAX_YAML_DEPTH - 1];
  expect(parseYaml(nested(deepest))).toHaveLength(1);
  expect(() => parseYaml(nested(deepest + 1))).toThrow('it is nested too deeply');
});

it('reads no further than the first document', () => {
  expect(parseYaml('a: 1\n---\n]]]]')).toEqual(new Map([['a', '1']]));
  expect(parseYaml('')).toBeUndefined();
});
