import type { HeaderValue } from '../../../src/assertions/format/assertion.js';
import { formatHeaders } from '../../../src/assertions/format/headers.js';
import type { Random } from './random.js';

type Value = null | boolean | number | string | Value[] | { [key: string]: Value };

const KEYS = ['a', 'b', 'c', 'a-b', 'A', 'a.b', ''];
const SCALARS = ['string', 'int', 'number', 'bool', 'any', 'map', 'array', 'text', '${x}', '${y}', '${}', ''];
const STEPS = [
  'a',
  'b',
  'c',
  'a-b',
  '{p}',
  '{q}',
  '[{p}]',
  '[{n}]',
  '[0]',
  '[.k={w}]',
  '[.k={v}]',
  '[.a={w}]',
  'A',
  '',
];
const ODD_BODIES = [
  ['{}', 'null', '[]', '""', '', '{\n  "storage": null\n}', '{\n  "storage": {}\n}', '{"storage": {}}'],
  [
    '{\n  "storage": "\\u003c"\n}',
    '{\n  "storage": "<"\n}',
    '{\n  "storage": "\\ud800"\n}',
    '{\n  "a": -0\n}',
  ],
].flat();

/** Confdb-schemas that nobody wrote, half of them good: types inside types, and paths that lead there or not. */
export class SchemaMaker {
  private schema: Value = {};
  private alias: Value = null;

  constructor(private readonly random: Random) {}

  /** @returns headers and body, without the header that names the key */
  make(account: string): { readonly head: Buffer; readonly body: string } {
    const { random } = this;
    const body = random.below(40) === 0 ? random.pick(ODD_BODIES) : this.write(this.body());
    const views: HeaderValue = { v: this.view(), ...(random.below(4) === 0 && { w: this.view() }) };
    const head = formatHeaders([
      ['type', 'confdb-schema'],
      ['authority-id', account],
      ['account-id', account],
      ['name', 'network'],
      ['views', views],
      ['timestamp', '2026-02-01T00:00:00Z'],
      ['body-length', String(Buffer.byteLength(body))],
    ]);
    return { head, body };
  }

  /** As Go does; now and then not quite. */
  private write(value: Value): string {
    const text = JSON.stringify(sorted(value), null, this.random.below(200) === 0 ? 1 : 2);
    return text.replaceAll(/[<>&]/g, (one) => `\\u00${one.charCodeAt(0).toString(16)}`);
  }

  private body(): Value {
    const { random } = this;
    this.schema = this.entries(3);
    this.alias = random.below(6) === 0 ? null : this.type(1);
    const storage: { [key: string]: Value } = { schema: this.schema };
    if (this.alias !== null)
      storage['aliases'] = { x: this.alias, ...(random.below(9) === 0 && { z: 'int' }) };
    if (random.below(20) === 0) storage['type'] = random.pick<Value>(['map', 'map', 'int', null, 1]);
    if (random.below(60) === 0) delete storage['schema'];
    return { storage, ...(random.below(9) === 0 && { zz: '<&>' }) };
  }

  private entries(depth: number): Value {
    const { random } = this;
    if (random.below(60) === 0) return random.pick<Value>([null, {}, [], 'a', 1]);
    const entries: { [key: string]: Value } = {};
    for (let count = 1 + random.below(3); count > 0; count -= 1)
      entries[random.below(50) === 0 ? random.pick(KEYS) : random.pick(KEYS.slice(0, 3))] = this.type(
        depth - 1,
      );
    return entries;
  }

  private type(depth: number): Value {
    const { random } = this;
    if (random.below(150) === 0) return random.pick<Value>([null, 1, true, {}, [], [[]]]);
    const kind = random.below(depth > 0 ? 8 : 3);
    if (kind < 2) return random.below(40) === 0 ? random.pick(SCALARS) : random.pick(SCALARS.slice(0, 5));
    if (kind === 2) return this.scalar();
    if (kind === 3) return Array.from({ length: 1 + random.below(3) }, () => this.type(depth - 1));
    if (kind === 4)
      return this.marked({ type: 'array', values: this.type(depth - 1) }, ['unique'], [true, false, null, 1]);
    if (kind === 5)
      return this.marked({
        keys: random.pick<Value>(['string', '${x}', { pattern: 'a' }, 'int']),
        values: this.type(depth - 1),
      });
    const map = this.marked(
      { schema: this.entries(depth) },
      ['required', 'keys', 'values'],
      [['a'], [['a'], ['b']], [], null, 'a', ['zz'], [null], [[null]]],
    );
    return map;
  }

  private marked(type: { [key: string]: Value }, names: string[] = [], values: Value[] = []): Value {
    const { random } = this;
    if (random.below(40) === 0) type['visibility'] = random.pick<Value>(['secret', 'secret', 'open', null]);
    if (random.below(40) === 0) type['ephemeral'] = random.pick<Value>([true, false, null, 'true']);
    if (names.length > 0 && random.below(25) === 0) type[random.pick(names)] = random.pick(values);
    return type;
  }

  private scalar(): Value {
    const { random } = this;
    const type = this.marked({ type: random.pick([...SCALARS.slice(0, 5), '${x}']) }) as {
      [key: string]: Value;
    };
    const bounds: Value[] = [
      0,
      1,
      -1,
      1.5,
      1e21,
      1e-7,
      2 ** 53,
      2 ** 63,
      -(2 ** 63),
      9223372036854774784,
      null,
      '1',
    ];
    if (random.below(8) === 0) type['min'] = random.pick(bounds);
    if (random.below(8) === 0) type['max'] = random.pick(bounds);
    if (random.below(12) === 0)
      type['choices'] = random.pick<Value>([['a'], [1, 2], [1.5], [], null, ['a', null], [1, 'a']]);
    if (random.below(12) === 0)
      type['pattern'] = random.pick<Value>(['^a$', '(', '\\d+', '[z-a]', '', null, 1, '<']);
    return type;
  }

  /** A path that leads through the storage, as far as there is one. */
  private goodPath(type: Value, path = ''): string {
    const { random } = this;
    if (Array.isArray(type)) return type.length === 0 ? path : this.goodPath(random.pick(type), path);
    if (type === '${x}') return this.goodPath(this.alias, path);
    if (type === 'any' && random.below(2) === 0) return this.goodPath({ values: 'any' }, path);
    if (typeof type !== 'object' || type === null || (path !== '' && random.below(5) === 0)) return path;
    const schema = type['schema'] ?? null;
    if (type['type'] === 'array')
      return this.goodPath(type['values'] ?? null, path + random.pick(['[{n}]', '[{n}]', '[0]']));
    if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
      if (type['values'] === undefined) return path;
      return this.goodPath(type['values'], this.step(path, random.pick(['a', '{p}'])));
    }
    const keys = Object.keys(schema);
    if (keys.length === 0) return path;
    const key = random.pick(keys);
    const filter = random.below(10) === 0 ? '[.k={w}]' : '';
    return this.goodPath(
      schema[key] ?? null,
      this.step(path, (path !== '' && random.below(6) === 0 ? '{q}' : key) + filter),
    );
  }

  private step(path: string, step: string): string {
    return path === '' ? step : `${path}.${step}`;
  }

  private path(): string {
    const { random } = this;
    const good = random.below(8) === 0 ? '' : this.goodPath({ schema: this.schema });
    if (good !== '') return good;
    let path = random.pick(['a', 'b', 'c']);
    for (let count = random.below(4); count > 0; count -= 1) {
      const step = random.below(6) === 0 ? random.pick(STEPS) : random.pick(STEPS.slice(0, 9));
      path += step.startsWith('[') ? step : `.${step}`;
    }
    return path;
  }

  private rule(depth: number): HeaderValue {
    const { random } = this;
    const storage = this.path();
    const rule: { [key: string]: HeaderValue } = { storage };
    const marks = storage.match(/\[?\{[a-z]\}\]?/g) ?? [];
    const other =
      random.below(25) === 0
        ? this.path()
        : [random.pick(['r', 's', 't', 'u']), ...marks].join('.').replaceAll('.[', '[');
    if (random.below(3) > 0 || /\[\d/.test(storage)) rule['request'] = other;
    if (random.below(4) === 0)
      rule['access'] = random.pick<HeaderValue>([
        'read',
        'write',
        'write',
        'read-write',
        '',
        'none',
        ['read'],
      ]);
    if (depth > 0 && random.below(5) === 0) rule['content'] = [this.rule(depth - 1)];
    return random.below(60) === 0
      ? random.pick<HeaderValue>(['a', ['a'], { request: 'a' }, { storage: ['a'] }])
      : rule;
  }

  private view(): HeaderValue {
    const { random } = this;
    const rules = Array.from({ length: 1 + random.below(3) }, () => this.rule(2));
    const parameters = random.pick<HeaderValue>([
      { w: { presence: 'required' } },
      { w: { a: 'b' }, v: { presence: '' } },
      { w: { presence: 'x' } },
      { w: 'a' },
      'a',
    ]);
    return {
      rules,
      ...(random.below(2) === 0 && {
        parameters: random.below(4) === 0 ? parameters : { w: { presence: 'optional' } },
      }),
      ...(random.below(30) === 0 && { summary: ['a'] }),
    };
  }
}

function sorted(value: Value): Value {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
