import { MAX_CONFDB_SCHEMA_BODY_BYTES } from '../../../src/common/limits.js';
import { assertionOf, fill, ROOM, type Hostile } from './assertion-text.js';

const BODY = MAX_CONFDB_SCHEMA_BODY_BYTES - 1_024;
const VIEW = '  v:\n    rules:\n      -\n        storage: a\n';

const schema = (views: string, body: string): Buffer =>
  assertionOf(
    `type: confdb-schema\nauthority-id: acme\naccount-id: acme\nname: network\nviews:\n${views}`,
    body,
  );
const storageOf = (entries: string, aliases = ''): string =>
  `{\n  "storage": {${aliases}\n    "schema": {\n${entries}\n    }\n  }\n}`;
const rulesOf = (unit: (index: number) => string): string => `  v:\n    rules:\n${fill(unit)}`;
const json = (body: string): Buffer => schema(VIEW, body);
const list = (element: string): Buffer => json(`[\n${fill(`  ${element},\n`, BODY)}  0\n]`);
const storage = (entries: string): Buffer => json(storageOf(entries));
const alternatives = (type: string): string =>
  `      "a": [\n${fill(`        ${type},\n`, BODY)}        "any"\n      ]`;

/** Entries of an object, each under a key of its own; sorted. */
function entriesOf(value: string, bytes = BODY, indent = '      '): string {
  const key = (index: number): string => `k${index.toString(36).padStart(6, '0')}`;
  return fill((index) => `${indent}"${key(index)}": ${value},\n`, bytes).slice(0, -2);
}

/** Lists inside each other, the first at this indentation. */
function nested(depth: number, inner: string, outer = 0): string {
  let text = inner;
  for (let level = depth + outer; level > outer; level -= 1)
    text = `[\n${'  '.repeat(level)}${text}\n${'  '.repeat(level - 1)}]`;
  return text;
}

const DOCUMENTS: readonly Hostile[] = [
  ...['0', '1.2345e-300', '""', '"\\u003c"', '{}', 'true'].map((element): Hostile => [
    `a body of ${element}`,
    () => list(element),
  ]),
  ['a body of one escaped string', () => json(`"${fill('\\u003c', BODY)}"`)],
  ['a body of backslashes', () => json(`"${fill('\\', BODY)}"`)],
  ['a body of escaped quotes', () => json(`"${fill('\\"', BODY)}"`)],
  ['a body of keys', () => json(`{\n${entriesOf('0', BODY, '  ')}\n}`)],
  [
    'a body of similar long keys',
    () => json(`{\n${fill((index) => `  "${'a'.repeat(900)}${1_000 + index}": 0,\n`, BODY).slice(0, -2)}\n}`),
  ],
  ['a body of nested lists', () => json(nested(500, '0'))],
  ['a body of a deeply nested string', () => json(nested(250, `"${'a'.repeat(BODY / 2)}"`))],
];

const STORAGES: readonly Hostile[] = [
  ['a storage of many types', () => storage(entriesOf('"int"'))],
  ['a storage of many maps', () => storage(entriesOf('{\n        "schema": {}\n      }'))],
  ['a storage of many alternatives', () => storage(alternatives('"int"'))],
  [
    'a storage of nested alternatives',
    () => storage(`      "a": ${nested(200, `${fill(`"int",\n${'  '.repeat(203)}`, BODY / 2)}"int"`, 3)}`),
  ],
  [
    'a storage of many regular expressions',
    () => storage(entriesOf('{\n        "pattern": "[a-z]+(a|b)*",\n        "type": "string"\n      }')),
  ],
  [
    'a storage of one regular expression',
    () =>
      storage(
        `      "a": {\n        "pattern": "${fill('[[:a]', BODY)}",\n        "type": "string"\n      }`,
      ),
  ],
  [
    'a storage with many required keys',
    () =>
      storage(
        `      "a": {\n        "required": [\n${fill('          "a",\n', BODY)}          "a"\n        ],\n        "schema": {\n          "a": "int"\n        }\n      }`,
      ),
  ],
];

const aliasOf = (entries: string): string =>
  `\n    "aliases": {\n      "x": {\n        "schema": {\n${entries}\n        }\n      }\n    },`;
const lookThrough = (index: number): string =>
  `      -\n        request: {p}.a${index}\n        storage: {p}.a${index}\n`;

const VIEWS: readonly Hostile[] = [
  [
    'rules that search a large storage',
    () => schema(rulesOf(lookThrough), storageOf(entriesOf('{\n        "values": "any"\n      }'))),
  ],
  [
    'rules that end at many alternatives',
    () =>
      schema(
        rulesOf((index) => `      -\n        request: a${index}\n        storage: a\n`),
        storageOf(alternatives('"int"')),
      ),
  ],
  [
    'rules that lead through an alias',
    () =>
      schema(
        rulesOf(lookThrough),
        storageOf(entriesOf('"${x}"', BODY / 2), aliasOf(entriesOf('"int"', BODY / 2, '          '))),
      ),
  ],
  [
    'rules inside a rule with a long path',
    () =>
      schema(
        `  v:\n    rules:\n      -\n        storage: ${'a.'.repeat(30_000)}a\n        content:\n${fill((index) => `          -\n            storage: a${index}\n`, ROOM / 2 - 500)}`,
        storageOf('      "a": "any"'),
      ),
  ],
  [
    'rules that write by one request',
    () =>
      schema(
        rulesOf(
          (index) => `      -\n        request: a\n        storage: a.b${index}\n        access: write\n`,
        ),
        storageOf('      "a": {\n        "values": "int"\n      }'),
      ),
  ],
  [
    'a path of filters',
    () =>
      schema(
        `  v:\n    rules:\n      -\n        storage: a${fill((index) => `[.n${index}={p}]`)}\n`,
        storageOf('      "a": "any"'),
      ),
  ],
  [
    'a path of brackets',
    () =>
      schema(`  v:\n    rules:\n      -\n        storage: a${fill('[')}\n`, storageOf('      "a": "any"')),
  ],
];

/** What a stranger can make of one confdb-schema, whose views are checked against its body. */
export const HOSTILE_SCHEMAS: readonly Hostile[] = [...DOCUMENTS, ...STORAGES, ...VIEWS];
