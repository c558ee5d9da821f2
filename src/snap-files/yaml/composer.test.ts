import { expect, it } from 'vitest';
import { plainValue } from '../../../test/support/yaml-value.js';
import { MAX_YAML_BYTES } from '../yaml-fields.js';
import { composeYaml, MAX_YAML_DEPTH } from './composer.js';

const filled = (unit: string) => unit.repeat(Math.floor(MAX_YAML_BYTES / unit.length));

// An earlier version made one object for each error, and the first text took seconds. The second one used up
// the stack, which ended the process.
it.each([
  ['commas in a list', '[,', ',', 'line 1: expected a value'],
  ['braces', '{', '{', 'it is nested too deeply'],
  ['brackets', '[', '[', 'it is nested too deeply'],
  ['lists in lists', '', '- ', 'it is nested too deeply'],
  ['keys of keys', '', '? ', 'it is nested too deeply'],
  ['brackets that close nothing', '', ']', 'line 1: expected a value'],
  ['anchors', '[', '&a ', 'must continue with "," or end with "]"'],
  ['tags', '[', '!a ', 'must continue with "," or end with "]"'],
  ['commas and colons', '{', ',:', 'line 1: expected a value'],
  ['escapes that are invalid', '"', '\\x', 'line 1: an escape sequence lacks digits'],
])('a text full of %s is refused at the first error', (_, start, unit, why) => {
  expect(() => composeYaml(start + filled(unit))).toThrow(why);
});

it('collections may be nested up to the limit', () => {
  const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  expect(plainValue(composeYaml(nested(MAX_YAML_DEPTH)))).toHaveLength(1);
  expect(() => composeYaml(nested(MAX_YAML_DEPTH + 1))).toThrow('it is nested too deeply');
});

it('reads only the first document', () => {
  expect(plainValue(composeYaml('a: 1\n---\n]]]]'))).toEqual({ a: '1' });
  expect(composeYaml('')).toBeUndefined();
});
