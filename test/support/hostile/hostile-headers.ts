import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { encodePublicKey } from '../../../src/assertions/format/keys.js';
import { assertionOf, fill, KEY_ID, ROOM, type Hostile } from './assertion-text.js';

const name = (index: number): string => `n${index.toString(36)}`;
const letters = (index: number): string =>
  String(index).replaceAll(/\d/g, (digit) => 'abcdefghij'.charAt(Number(digit)));

const account = (more: string): Buffer =>
  assertionOf(`type: account\nauthority-id: acme\naccount-id: a\n${more}`);
const user = (email: string): Buffer =>
  assertionOf(`type: system-user\nauthority-id: acme\nbrand-id: acme\nemail: ${email}`);
const declaration = (more: string): Buffer =>
  assertionOf(
    `type: snap-declaration\nformat: 7\nauthority-id: acme\nseries: 16\nsnap-id: ${'a'.repeat(32)}\nsnap-name: a\npublisher-id: acme\n${more}`,
  );
const constrained = (constraint: string): Buffer =>
  declaration(`plugs:\n  content:\n    allow-connection:\n      plug-attributes:\n        a:${constraint}`);
const model = (more: string): Buffer =>
  assertionOf(
    `type: model\nauthority-id: acme\nseries: 16\nbrand-id: acme\nmodel: m\narchitecture: amd64\nbase: core24\ngrade: dangerous\n${more}`,
  );
const componentOf = (modes: string, componentModes: string): Buffer =>
  model(
    `snaps:\n  -\n    name: aa\n    modes:\n${modes}    components:\n      cc:\n        presence: required\n        modes:\n${componentModes}`,
  );
const longNames = (type: string): Hostile => [
  `names as long as all headers: ${type}`,
  () =>
    assertionOf(
      `type: ${type}\nauthority-id: acme\nbrand-id: ${'a'.repeat(20_000)}\nmodel: ${'a-'.repeat(20_000)}a\nserial: ${'a:'.repeat(5_000)}a\nseries: 16\naccount-id: acme\nname: ${'a-'.repeat(10_000)}a`,
    ),
];
const deepList = Array.from({ length: 64 }, (_, depth) => `\n${'  '.repeat(depth + 1)}-`).join('');

const EXPRESSIONS: readonly Hostile[] = [
  ['a regular expression of groups', () => constrained(` ${'('.repeat(50_000)}${')'.repeat(50_000)}`)],
  ['a regular expression of classes', () => constrained(` ${fill('[a-z[:alpha:]\\d]')}`)],
  ['a regular expression of unclosed names', () => constrained(` ${fill('[[:a]')}`)],
  ['one class of unclosed names', () => constrained(` [${fill('[:a')}]`)],
  ['a regular expression of scripts', () => constrained(` ${fill('\\p{Greek}')}`)],
  ['a regular expression of repetitions', () => constrained(` ${fill('(a{10}){10}')}`)],
  ['a regular expression of quotations', () => constrained(` ${fill('\\Q\\E')}`)],
  ['many regular expressions', () => constrained(`\n${fill('          - (a|[b-c])*\n')}`)],
];

const LISTS: readonly Hostile[] = [
  [
    'rules for many interfaces',
    () => declaration(`plugs:\n${fill((index) => `  ${name(index)}:\n    allow-installation: true\n`)}`),
  ],
  [
    'many aliases',
    () => declaration(`aliases:\n${fill((index) => `  -\n    name: ${name(index)}\n    target: a\n`)}`),
  ],
  ['a model of many snaps', () => model(`snaps:\n${fill((index) => `  -\n    name: ${name(index)}\n`)}`)],
  [
    'a snap of many modes, and a component of the last of them',
    () =>
      componentOf(`${fill('      - aa\n', ROOM / 2)}      - zz\n`, fill('          - zz\n', ROOM / 2 - 500)),
  ],
  [
    'a snap of many similar modes, and a component of another',
    () =>
      componentOf(
        fill((index) => `      - ${'a'.repeat(90)}${letters(index)}\n`, ROOM / 2),
        fill('          - zz\n', ROOM / 3),
      ),
  ],
  [
    'many validation sets',
    () => model(`validation-sets:\n${fill((index) => `  -\n    name: ${name(index)}\n    mode: enforce\n`)}`),
  ],
  [
    'a subcluster of many devices',
    () =>
      assertionOf(
        `type: cluster\nauthority-id: acme\ncluster-id: a\nsequence: 1\ndevices:\n${fill((index) => `  -\n    id: ${index + 1}\n    device: a.b.acme\n`, ROOM / 2)}subclusters:\n  -\n    name: a\n    devices:\n${fill((index) => `      - ${(index % 1_000) + 1}\n`, ROOM / 2 - 500)}`,
      ),
  ],
];

const KEYS: readonly Hostile[] = [
  [
    'a key of many bits',
    () =>
      assertionOf(
        `type: account-key\nauthority-id: acme\naccount-id: acme\nsince: 2026-01-01T00:00:00Z\npublic-key-sha3-384: ${KEY_ID}`,
        encodePublicKey(generateKeyPairSync('rsa', { modulusLength: 4_096 }).publicKey).encoded.toString(),
      ),
  ],
  [
    'a hardware key that fills the headers',
    () => {
      const n = Buffer.alloc(80_000, 0xff).toString('base64url');
      const jwk = createPublicKey({ key: { kty: 'RSA', n, e: 'AQAB' }, format: 'jwk' });
      const key = jwk.export({ type: 'spki', format: 'der' }).toString('base64');
      return assertionOf(
        `type: hardware-identity\nauthority-id: acme\nissuer-id: acme\nmanufacturer: a\nhardware-name: a\nhardware-id: a\nhardware-id-key: ${key}\nhardware-id-key-sha3-384: a`,
      );
    },
  ],
];

/** What a stranger can make of the headers of one assertion. */
export const HOSTILE_HEADERS: readonly Hostile[] = [
  ['endless headers', () => account(fill((index) => `${name(index)}:\n    x\n`))],
  ['a list of strings', () => account(`list:\n${fill('  - x\n')}`)],
  ['nested lists', () => account(fill((index) => `${name(index)}:${deepList} x\n`))],
  ['a string of many lines', () => account(`display-name: a\ntext:\n${fill('    x\n')}`)],
  ...['model', 'snap-build', 'serial', 'store', 'validation-set', 'repair', 'preseed'].map(longNames),
  ['an address of one kind of character', () => user(fill('a'))],
  ['an address of dots', () => user(fill('a.'))],
  ['an address of quotations', () => user(fill('"a" '))],
  ['an address of unclosed quotations', () => user(fill('"a"@"'))],
  ...EXPRESSIONS,
  ...LISTS,
  ...KEYS,
];
