import type { HeaderMap, HeaderValue } from '../../../src/assertions/format/assertion.js';
import { formatHeaders } from '../../../src/assertions/format/headers.js';
import { StoreError } from '../../../src/common/errors.js';
import { signContent } from '../oracle-cases/signer.js';
import type { SignedWith } from '../oracle-cases/world.js';

/** One assertion with one thing about it changed, signed as it then stands. */
export interface ChangedCase {
  readonly name: string;
  /** The good assertion. */
  readonly of: string;
  /** What is changed, and into what. */
  readonly where: string;
  readonly change: string;
  readonly subject: Buffer;
}

/** What any value is replaced by: what a header may be, with the edges of numbers, times, names and paths. */
const TEXTS: readonly string[] = [
  ['', ' ', '0', '1', '-1', '01', '+1', '1.0', '1e3', '0x1', '2147483647', '2147483648'],
  ['9007199254740991', '9007199254740992', '9223372036854775807', '9223372036854775808'],
  ['18446744073709551615', '18446744073709551616', 'true', 'false', 'True', 'null', '*', '$MISSING'],
  [
    '$SLOT(a)',
    '$PLUG_PUBLISHER_ID',
    'a',
    'A',
    'ab',
    'a-b',
    'a--b',
    '-a',
    'a_b',
    'a.b',
    'a/b',
    'a/b/c',
    'a b',
  ],
  ['é', 'a\nb', '\u0000', '\u2028', 'x'.repeat(32), 'x'.repeat(33), 'x'.repeat(300), '[', '(a', 'a|b', '\\'],
  [
    'a.{b}',
    '{b}',
    'a[{n}]',
    'a[0]',
    'a..b',
    '.a',
    'a.',
    'a[.k={kind}]',
    'any',
    'wifi',
    'wifi.ssid',
    'list[0]',
  ],
  [
    '2026-01-01',
    '2026-02-30T00:00:00Z',
    '2026-02-01T24:00:00Z',
    '2026-02-01T00:00:00',
    '1970-01-01T00:00:00Z',
  ],
  [
    '2026-02-01T00:00:00.123456789+23:59',
    '2026-02-01t00:00:00z',
    '9999-12-31T23:59:59Z',
    '0000-01-01T00:00:00Z',
  ],
  ['latest/stable', '20/stable/x', 'stable', '/', 'core', 'enforce', 'required', 'invalid', 'https://a/?b'],
].flat();

const VALUES: readonly HeaderValue[] = [
  ...TEXTS,
  ['a'],
  ['a', 'a'],
  ['a', 'b/c', '1'],
  [['a']],
  [{ a: 'b' }],
  { a: 'b' },
  { a: ['b'] },
  { type: 'a', name: 'a' },
];

/** Where in the headers something stands. */
type Path = readonly (string | number)[];

function isList(value: HeaderValue): value is readonly HeaderValue[] {
  return Array.isArray(value);
}

function* places(value: HeaderValue, path: Path = []): Generator<[Path, HeaderValue], void, void> {
  yield [path, value];
  if (typeof value === 'string') return;
  const inside = isList(value) ? [...value.entries()] : Object.entries(value);
  for (const [key, inner] of inside) yield* places(inner, [...path, key]);
}

/** The headers with another value at a place; without it where that is undefined. */
function withAt(value: HeaderValue, [key, ...rest]: Path, changed: HeaderValue | undefined): HeaderValue {
  if (key === undefined) return changed ?? '';
  if (typeof value === 'string') throw new Error('a path leads through a string');
  if (isList(value))
    return value.flatMap((inner, index) => {
      if (index !== key) return [inner];
      return rest.length === 0 && changed === undefined ? [] : [withAt(inner, rest, changed)];
    });
  const entries = Object.entries(value).flatMap(([name, inner]): [string, HeaderValue][] => {
    if (name !== key) return [[name, inner]];
    return rest.length === 0 && changed === undefined ? [] : [[name, withAt(inner, rest, changed)]];
  });
  const isNew = rest.length === 0 && !Object.hasOwn(value, String(key)) && changed !== undefined;
  return Object.fromEntries(isNew ? [...entries, [String(key), changed]] : entries);
}

function* changesAt(value: HeaderValue): Generator<[string, HeaderValue | undefined], void, void> {
  yield ['absent', undefined];
  for (const other of VALUES) yield [JSON.stringify(other).slice(0, 60), other];
  if (typeof value === 'string') {
    yield ['in capital letters', value.toUpperCase()];
    yield ['with an additional letter', `${value}x`];
    yield ['with an additional space', `${value} `];
    yield ['without its last letter', value.slice(0, -1)];
    yield ['in a list', [value]];
  } else if (isList(value)) {
    yield ['with its first element repeated', [...value.slice(0, 1), ...value]];
    yield ['backwards', value.toReversed()];
    yield ['with an additional string', [...value, 'a']];
    yield ['with an additional map', [...value, { a: 'b' }]];
    yield ['in a map', { a: value }];
  } else {
    yield ['with an additional entry', { ...value, 'zz-unknown': 'x' }];
    yield ['with an additional list', { ...value, 'zz-unknown': ['x'] }];
    yield ['in a list', [value]];
  }
}

const SIGNED_LAST = 'sign-key-sha3-384';

function writeHeaders(headers: HeaderMap): Buffer | undefined {
  try {
    return formatHeaders(Object.entries(headers));
  } catch (error) {
    if (error instanceof StoreError) return undefined; // a surrogate, or a name outside the grammar
    throw error;
  }
}

/**
 * Each good assertion with one header, or one thing inside a header, changed at a time.
 *
 * @param every - how many changes there are for each that is made
 */
export function* changedHeaders(
  good: ReadonlyMap<string, SignedWith>,
  every: number,
): Generator<ChangedCase, void, void> {
  let index = 0;
  const isWanted = (): boolean => (index += 1) % every === 0;
  for (const [of, { assertion, signer }] of good) {
    const { headers, body, content } = assertion;
    const tail = body.length > 0 ? Buffer.concat([Buffer.from('\n\n'), body]) : Buffer.alloc(0);
    const made = (where: string, change: string, head: Buffer): ChangedCase => {
      const name = `${of}: ${where}: ${change}`;
      return { name, of, where, change, subject: signContent(Buffer.concat([head, tail]), signer) };
    };
    for (let format = 0; format < 10; format += 1) {
      const head = isWanted() && writeHeaders({ ...headers, format: String(format) });
      if (head) yield made('format', `set to ${format}`, head);
    }
    for (const [path, value] of places(headers)) {
      const where = path.join('.');
      if (where === '' || where === SIGNED_LAST) continue;
      for (const [change, changed] of changesAt(value)) {
        const head = isWanted() && writeHeaders(withAt(headers, path, changed) as HeaderMap);
        if (head) yield made(where, change, head);
      }
    }
    const text = content.subarray(0, content.length - tail.length).toString();
    for (const name of Object.keys(headers)) {
      const entry = writeHeaders({ [name]: headers[name] ?? '' })?.toString() ?? '';
      if (isWanted()) yield made(name, 'written twice', Buffer.from(`${text}\n${entry}`));
    }
  }
}
