import { describe, expect, it } from 'vitest';
import { checkHeaders } from '../../../../../test/support/check-type.js';
import { MAX_CONFDB_SCHEMA_BODY_BYTES, MAX_CONFDB_SCHEMA_STEPS } from '../../../../common/limits.js';

const STORAGE = {
  aliases: { either: ['int', 'bool'], mac: { pattern: '^[0-9a-f:]+$', type: 'string' } },
  schema: {
    any: 'any',
    bare: { keys: '${mac}' },
    either: '${either}',
    empty: { schema: {} },
    flags: { keys: 'string', values: 'bool' },
    list: { type: 'array', values: { schema: { kind: 'string', rate: 'number' } } },
    mixed: { schema: { a: 'int', b: { schema: { c: 'string' } } } },
    two: ['int', { schema: { a: 'string' } }],
    wifi: { schema: { psk: 'string', ssid: 'string' } },
  },
};

const bodyOf = (storage: unknown): string => JSON.stringify({ storage }, null, 2);

/** Headers with this view, given as the lines below `v:`. */
function headersOf(view: string): string {
  const lines = view.replace(/\n$/, '').split('\n');
  return `type: confdb-schema
authority-id: acme
account-id: acme
name: network
views:
  v:
${lines.map((line) => `    ${line}`).join('\n')}
timestamp: 2026-01-01T00:00:00Z`;
}

const rules = (...each: string[]): string =>
  `rules:\n${each
    .map(
      (rule) =>
        `  -\n${rule
          .split(', ')
          .map((entry) => `    ${entry}\n`)
          .join('')}`,
    )
    .join('')}`;
const check =
  (view: string, body = bodyOf(STORAGE)) =>
  (): void =>
    checkHeaders(headersOf(view), body);
const WITH_PARAMETERS = 'parameters:\n  p:\n    presence: required\n';

describe('views of a confdb-schema', () => {
  it.each([
    ['a storage path that is also its request', rules('storage: wifi.ssid')],
    [
      'each access',
      rules(
        'storage: wifi, access: read',
        'storage: any, access: read-write',
        'storage: list, access: write',
      ),
    ],
    ['an empty access', rules('storage: wifi, access: ')],
    ['a separate request', rules('request: name, storage: wifi.ssid')],
    ['a placeholder in request and storage', rules('request: f.{name}, storage: flags.{name}')],
    ['a placeholder that occurs twice in the storage', rules('request: f.{n}, storage: any.{n}.{n}')],
    ['an index in request and storage', rules('request: r[{n}], storage: list[{n}].rate')],
    ['a numeric index', rules('request: first, storage: list[0].kind')],
    ['a path below the type any', rules('storage: any.a.b.c')],
    ['a placeholder for a key of a map', rules('request: m.{k}, storage: mixed.{k}')],
    ['a placeholder that only one key matches', rules('request: m.{k}, storage: mixed.{k}.c')],
    ['one of two alternatives', rules('storage: two.a')],
    ['a placeholder in a map without keys', rules('request: e.{k}, storage: empty.{k}')],
    [
      'content',
      'rules:\n  -\n    storage: wifi\n    content:\n      -\n        storage: ssid\n      -\n        storage: psk\n        request: key',
    ],
    [
      'content with an index',
      'rules:\n  -\n    storage: list\n    content:\n      -\n        storage: [{n}]\n        request: [{n}]',
    ],
    [
      'a filter by a parameter',
      WITH_PARAMETERS + rules('request: r[{n}], storage: list[{n}][.kind={p}].rate'),
    ],
    [
      'a filter of a map at the end',
      WITH_PARAMETERS + rules('request: r[{n}], storage: list[{n}][.kind={p}]'),
    ],
    [
      'two writing rules of one request',
      rules('request: a, storage: wifi.ssid, access: write', 'request: a, storage: wifi.psk, access: write'),
    ],
    [
      'integers and fractions for one request',
      rules(
        'request: a, storage: mixed.a, access: write',
        'request: a, storage: list[0].rate, access: write',
      ),
    ],
    ['a summary', `summary: a\n${rules('storage: wifi')}`],
    [
      'parameters of each presence',
      `parameters:\n  p:\n    presence: optional\n  q:\n    presence: required-on-read\n  r:\n    other: a\n${rules('storage: wifi')}`,
    ],
  ])('accepts %s', (_what, view) => expect(check(view)).not.toThrow());

  it.each([
    ['a view that is a string', 'a', 'is not a map'],
    ['no rules', 'summary: a', '"rules" of view "v" is not a list'],
    ['rules that are a map', 'rules:\n  a: b', '"rules" of view "v" is not a list'],
    ['a rule that is a string', 'rules:\n  - a', 'is not a map'],
    ['no storage', rules('request: a'), '"storage" of a rule of view "v" is missing'],
    ['an empty request', rules('storage: any, request: '), '"request" of a rule of view "v" is empty'],
    ['an unknown access', rules('storage: any, access: none'), '"access"'],
    ['an empty sub-key', rules('storage: any..a'), 'empty sub-key'],
    ['a dot at the end', rules('storage: any.'), 'empty sub-key'],
    ['a capital letter', rules('storage: any.A'), 'malformed sub-key: "A"'],
    ['an open bracket', rules('storage: any['), 'malformed sub-key: "["'],
    ['an index in the request', rules('storage: list[0]'), 'malformed sub-key: "[0]"'],
    ['a placeholder only in the storage', rules('request: a, storage: flags.{n}'), 'other placeholders'],
    ['a placeholder only in the request', rules('request: a.{n}, storage: flags'), 'other placeholders'],
    [
      'a placeholder of two kinds',
      rules('request: a.{n}[{n}], storage: any.{n}[{n}]'),
      'placeholder "n" twice',
    ],
    [
      'a placeholder that occurs twice in the request',
      rules('request: a.{n}.{n}, storage: any.{n}'),
      'placeholder "n" twice',
    ],
    ['a missing storage', rules('storage: wifi.other'), 'does not exist'],
    ['a path below a string', rules('storage: wifi.ssid.a'), 'does not exist'],
    ['a key in a list', rules('storage: list.a'), 'does not exist'],
    ['an index in a map', rules('request: a, storage: wifi[0]'), 'does not exist'],
    ['a path below a map without types of values', rules('storage: bare.a'), 'does not exist'],
    ['a path below each of two alternatives', rules('storage: two.b'), 'does not exist'],
    ['an alias of alternatives at the end', rules('storage: either'), 'alias of alternative types'],
    [
      'two reading rules of one request',
      rules('request: a, storage: wifi.ssid', 'request: a, storage: wifi.psk'),
      'two reading rules',
    ],
    [
      'two types for one request',
      rules('request: a, storage: wifi.ssid', 'request: a, storage: mixed.a, access: write'),
      'has other types',
    ],
    ['content that is a string', rules('storage: wifi, content: a'), '"content"'],
    [
      'access inside content',
      'rules:\n  -\n    storage: wifi\n    content:\n      -\n        storage: ssid\n        access: read',
      'must not be in "content"',
    ],
    [
      'a filter by an unknown parameter',
      rules('request: r[{n}], storage: list[{n}][.kind={p}]'),
      'filters by "p"',
    ],
    [
      'a filter of two parameters',
      WITH_PARAMETERS + rules('request: r, storage: any[.a={p}][.a={p}]'),
      'filters field "a" twice',
    ],
    [
      'a filter of a string',
      WITH_PARAMETERS + rules('request: r, storage: wifi.ssid[.a={p}]'),
      'field filters on a string',
    ],
    [
      'a filter before an index',
      WITH_PARAMETERS + rules('request: r, storage: any[.a={p}][0]'),
      'before an index',
    ],
    ['a filter without braces', WITH_PARAMETERS + rules('request: r, storage: any[.a=p]'), 'not of the form'],
    [
      'a filter with something after it',
      WITH_PARAMETERS + rules('request: r, storage: any[.a={p}]b'),
      'after a field filter',
    ],
    ['a parameter that is a string', `parameters:\n  p: a\n${rules('storage: any')}`, 'parameter "p"'],
    [
      'an unknown presence',
      `parameters:\n  p:\n    presence: always\n${rules('storage: any')}`,
      '"presence"',
    ],
    ['a summary that is a list', `summary:\n  - a\n${rules('storage: any')}`, '"summary"'],
  ])('refuses %s', (_what, view, why) => {
    const headers = view === 'a' ? headersOf('').replace('  v:\n    \n', '  v: a\n') : headersOf(view);
    expect(() => checkHeaders(headers, bodyOf(STORAGE))).toThrow(why);
  });
});

describe('the storage of a confdb-schema', () => {
  const view = rules('storage: a');
  const type = (definition: unknown, more: object = {}): string =>
    bodyOf({ ...more, schema: { a: definition } });

  it.each<[string, unknown, object?]>([
    ['each scalar', ['string', 'int', 'number', 'bool', 'any']],
    ['bounds', { max: 2, min: -1, type: 'int' }],
    ['bounds that are null', { max: null, min: null, type: 'number' }],
    ['the largest whole number that Go writes', { max: 9223372036854774784, type: 'int' }],
    ['choices', { choices: ['a', null], type: 'string' }],
    ['an empty pattern', { pattern: null, type: 'string' }],
    ['marks', { ephemeral: true, type: 'string', visibility: 'secret' }],
    ['a map without a type', { values: 'int' }],
    ['required keys', { required: ['b'], schema: { b: 'int' } }],
    ['one of two lists of required keys', { required: [['b'], null], schema: { b: 'int' } }],
    ['keys by an alias', { keys: '${x}', values: 'int' }, { aliases: { x: { type: 'string' } } }],
    ['a list that is unique', { type: 'array', unique: null, values: 'int' }],
    ['alternatives inside alternatives', [['int'], [['string']]]],
    ['no aliases', 'int', { aliases: null }],
  ])('accepts %s', (_what, definition, more) => expect(check(view, type(definition, more))).not.toThrow());

  it.each<[string, unknown, string, object?]>([
    ['an unknown type', 'text', 'is unknown'],
    ['a type that is a number', 1, 'not an object, a string or a list'],
    ['a type that is null', null, 'not an object, a string or a list'],
    ['no alternatives', [], 'is empty'],
    ['a map without constraints', 'map', 'has no constraints'],
    ['an empty map', {}, 'none of "schema", "keys" and "values"'],
    ['a list without values', { type: 'array' }, 'no "values"'],
    ['schema and values', { schema: {}, values: 'int' }, '"schema" and "keys" or "values"'],
    ['required without schema', { required: [], values: 'int' }, '"required" without "schema"'],
    ['a missing required key', { required: ['c'], schema: { b: 'int' } }, '"required"'],
    ['a key with a capital', { schema: { B: 'int' } }, 'malformed key'],
    ['keys that are numbers', { keys: 'int', values: 'int' }, 'is unknown'],
    ['a bound below the other', { max: 1, min: 2, type: 'int' }, '"min" of a storage type is above "max"'],
    ['a bound that is a fraction', { min: 1.5, type: 'int' }, 'not of type int'],
    ['a bound from 2^63', { max: 2 ** 63, type: 'int' }, 'not of type int'],
    ['choices and a bound', { choices: [1], min: 1, type: 'int' }, 'both "choices" and "min"'],
    ['choices of the wrong type', { choices: ['a'], type: 'int' }, '"choices"'],
    ['empty choices', { choices: [], type: 'string' }, '"choices"'],
    ['a malformed pattern', { pattern: '(', type: 'string' }, 'malformed "pattern"'],
    ['another visibility', { type: 'int', visibility: 'open' }, '"visibility"'],
    ['a mark that is a string', { ephemeral: 'true', type: 'int' }, '"ephemeral"'],
    [
      'alternatives of different visibility',
      ['int', { type: 'string', visibility: 'secret' }],
      'different visibility',
    ],
    ['an unknown alias', '${x}', 'is unknown'],
    [
      'an alias with a mark',
      'int',
      'must not contain "ephemeral"',
      { aliases: { x: { ephemeral: true, type: 'int' } } },
    ],
    [
      'a secret alias',
      'int',
      'must not contain "visibility"',
      { aliases: { x: [{ type: 'int', visibility: 'secret' }] } },
    ],
    ['an alias with a capital letter', 'int', 'malformed name', { aliases: { X: 'int' } }],
    // snapd reads aliases in no fixed order, so it accepts this by chance.
    ['an alias of an alias', 'int', 'is unknown', { aliases: { x: 'int', y: '${x}' } }],
    ['a type at the top', 'int', '"type" of the storage', { type: 'array' }],
  ])('refuses %s', (_what, definition, why, more) => {
    const { schema, ...rest } = JSON.parse(type(definition, more)).storage as Record<string, unknown>;
    const body = bodyOf(Object.fromEntries(Object.entries({ ...rest, schema }).toSorted()));
    expect(check(view, body)).toThrow(why);
  });
});

describe('limits of a confdb-schema', () => {
  const withBody = (lengthBytes: number): string => {
    const body = bodyOf({ schema: { a: 'int' }, zz: '' });
    return body.replace('"zz": ""', `"zz": "${'z'.repeat(lengthBytes - body.length)}"`);
  };

  it('accepts a body up to the limit', () => {
    const view = rules('storage: a');
    expect(check(view, withBody(MAX_CONFDB_SCHEMA_BODY_BYTES))).not.toThrow();
    expect(check(view, withBody(MAX_CONFDB_SCHEMA_BODY_BYTES + 1))).toThrow('longer than');
  });

  it('compares views and storage up to the limit', () => {
    // The steps of each rule: its paths, one for the top, and two for each alternative (one to count, one to
    // check).
    const alternatives = Array.from({ length: 10_000 }, () => 'any');
    const body = bodyOf({ schema: { a: alternatives } });
    const each = 'a.b'.length * 2 + 2 + 2 * alternatives.length;
    const most = Math.floor(MAX_CONFDB_SCHEMA_STEPS / (each + alternatives.length + 10));
    const view = (count: number): string =>
      rules(...Array.from({ length: count }, (_, index) => `storage: a.b${index}, request: r${index}`));
    expect(check(view(most), body)).not.toThrow();
    expect(check(view(most * 3), body)).toThrow(`more than ${MAX_CONFDB_SCHEMA_STEPS} steps`);
  });
});
