import { describe, expect, it } from 'vitest';
import { checkHeaders, typeRefusal, type Row } from '../../../../test/support/check-type.js';
import { generateRsaKey } from '../../../common/crypto/rsa-key.js';
import { encodePublicKey } from '../keys.js';

const { id: KEY_ID, encoded } = encodePublicKey(generateRsaKey(1_024));
const KEY_BODY = encoded.toString();
const KEY_TEXT = KEY_BODY.replaceAll(/^/gm, '    ');
const SNAP_IDS = ['a', 'b', 'c'].map((letter) => letter.repeat(32));

const GOOD = {
  'account-key': `type: account-key
authority-id: canonical
format: 1
public-key-sha3-384: ${KEY_ID}
account-id: acme
name: default
since: 2026-01-01T00:00:00Z
until: 2026-01-01T00:00:00Z
constraints:
  -
    headers:
      type: model
      model:
        - acme-.*
        - other`,
  'account-key-request': `type: account-key-request
public-key-sha3-384: ${KEY_ID}
account-id: acme
name: default
since: 2026-01-01T00:00:00Z`,
  serial: `type: serial
authority-id: acme
brand-id: acme
model: my-model
serial: any thing
device-key:
${KEY_TEXT}
device-key-sha3-384: ${KEY_ID}
timestamp: 2026-01-01T00:00:00Z`,
  'serial-request': `type: serial-request
brand-id: acme
model: my-model
request-id: 1
device-key:
${KEY_TEXT}
sign-key-sha3-384: ${KEY_ID}`,
  store: `type: store
authority-id: canonical
store: acme
operator-id: acme
url: https://user@store.lan:8443/path?#
timestamp: 2026-01-01T00:00:00Z`,
  model: `type: model
authority-id: acme
series: 16
brand-id: acme
model: my-model
architecture: amd64
base: core22
grade: signed
snaps:
  -
    name: pc
    id: ${SNAP_IDS[0]}
    type: gadget
    default-channel: 22/stable
  -
    name: pc-kernel
    id: ${SNAP_IDS[1]}
    type: kernel
    default-channel: 22
  -
    name: hello
    id: ${SNAP_IDS[2]}
    modes:
      - run
    components:
      lib: optional
      more:
        presence: required
        modes:
          - run
system-user-authority: *
validation-sets:
  -
    name: base-set
    mode: enforce
timestamp: 2026-01-01T00:00:00Z`,
  'system-user': `type: system-user
authority-id: acme
format: 2
brand-id: acme
email: Some One <one@example.com>
username: one
password: $6$rounds=5000$salt$hash
force-password-change: true
models:
  - my-model
serials:
  - serial-1
user-presence: until-expiration
since: 2026-01-01T00:00:00Z
until: 2036-01-01T00:00:00Z`,
  repair: `type: repair
authority-id: acme
brand-id: acme
repair-id: 1
summary: one line
modes:
  - run
bases:
  - core20
timestamp: 2026-01-01T00:00:00Z`,
  preseed: `type: preseed
authority-id: someone
series: 16
brand-id: acme
model: my-model
system-label: 20260101
artifact-sha3-384: ${'a'.repeat(64)}
snaps:
  -
    name: hello
    id: ${SNAP_IDS[0]}
    revision: 1
    components:
      -
        name: lib
        revision: 2
  -
    name: local
timestamp: 2026-01-01T00:00:00Z`,
};

type Name = keyof typeof GOOD;
const BODIES: Partial<Record<Name, string>> = { 'account-key': KEY_BODY, 'account-key-request': KEY_BODY };

const REFUSED: Record<Name, readonly Row[]> = {
  'account-key': [
    ['another id', KEY_ID, 'A'.repeat(64)],
    ['invalid name', 'name: default', 'name: 12'],
    ['name that makes a slow regular expression hang', 'name: default', `name: ${'0'.repeat(100_000)}_`],
    ['"until" before "since"', 'until: 2026', 'until: 2025'],
    ['constraints that are strings', '  -\n    headers:', '  - x\n  -\n    headers:'],
    ['constraint without headers', '    headers:', '    other:'],
    ['constraint without a type', 'type: model\n      ', ''],
    ['type that is a regular expression', 'type: model', 'type: mod.*'],
    ['reference', '- acme-.*', '- $PLUG_PUBLISHER_ID'],
    ['invalid regular expression', '- acme-.*', '- ('],
  ],
  'account-key-request': [['no name', 'name: default\n', '']],
  serial: [
    ['another id', KEY_ID, 'A'.repeat(64)],
    ['model with a capital letter', 'my-model', 'My'],
    ['invalid brand', 'brand-id: acme', 'brand-id: A'],
  ],
  'serial-request': [
    ['signed by another key', `sign-key-sha3-384: ${KEY_ID}`, `sign-key-sha3-384: ${'A'.repeat(64)}`],
  ],
  store: [
    ['query', '?#', '?a'],
    ['fragment', '?#', '#a'],
    ['another scheme', 'https:', 'ftp:'],
    ['no host', '//user@store.lan:8443', '//'],
    ['one slash', 'https://', 'https:/'],
    ['bad percent-encoding', '/path', '/%zz'],
    ['space', 'store.lan', 'store lan'],
    ['space at the end', '8443/path?#', '8443 '],
    ['friendly-stores that is a string', '', 'friendly-stores: x'],
  ],
  model: [
    ['another brand', 'brand-id: acme', 'brand-id: other'],
    ['own gadget', '', 'gadget: pc'],
    ['no kernel', 'type: kernel', 'type: app'],
    ['channel without track', '22/stable', 'stable'],
    ['unknown grade', 'grade: signed', 'grade: good'],
    ['base without an id', 'base: core22', 'base: my-base'],
    ['base of another type', 'name: hello', 'name: core22'],
    ['unknown entry of a component', 'presence: required\n', 'presence: required\n        x: y\n'],
    ['mode that the snap lacks', 'modes:\n          - run', 'modes:\n          - other'],
    ['classic snap', 'modes:\n      - run', 'classic: true'],
    ['distribution', '', 'distribution: ubuntu'],
    ['unknown mode of a set', 'mode: enforce', 'mode: force'],
    [
      'repeated set',
      'mode: enforce',
      'mode: enforce\n  -\n    account-id: acme\n    name: base-set\n    mode: enforce',
    ],
    ['unknown value for all', 'system-user-authority: *', 'system-user-authority: all'],
  ],
  'system-user': [
    ['old format and serials', 'format: 2', 'format: 0'],
    ['format before user-presence', 'format: 2', 'format: 1'],
    ['another presence', 'until-expiration', 'always'],
    ['too few rounds', 'rounds=5000', 'rounds=4999'],
    ['weak hash', '$6$', '$5$'],
    ['neither serials nor a password', 'password: $6$rounds=5000$salt$hash\n', ''],
    ['rounds without a hash', 'rounds=5000$salt$hash', 'rounds=5000$salt'],
    ['address with a colon', 'one@example.com', 'o:ne@example.com'],
    ['address with two dots', 'one@example.com', 'one@example..com'],
    ['two addresses', 'Some One <one@example.com>', 'a@b.c, d@e.f'],
    ['more than a year for all models', 'models:\n  - my-model\nserials:\n  - serial-1\n', ''],
  ],
  repair: [
    ['repair 0', 'repair-id: 1', 'repair-id: 0'],
    ['base without modes', 'core20', 'core18'],
    ['unknown mode', '- run', '- install'],
  ],
  preseed: [
    ['only an id', '    revision: 1\n', ''],
    ['component without revision', '        name: lib\n        revision: 2', '        name: lib'],
    ['invalid label', '20260101', '2026_01'],
    ['repeated snap', 'name: local', 'name: hello'],
  ],
};

describe('assertions about accounts and devices', () => {
  it.each(Object.entries(GOOD))('accepts a good %s', (name, headers) => {
    expect(checkHeaders(headers, BODIES[name as Name])).toBeUndefined();
  });

  it.each(
    Object.entries(REFUSED).flatMap(([name, rows]) =>
      rows.map((row) => [name as Name, row[0], row] as const),
    ),
  )('refuses a %s: %s', (name, _what, row) => {
    expect(typeRefusal(GOOD[name], row, BODIES[name])).toMatch(
      new RegExp(`^cannot decode ${name} assertion`),
    );
  });

  it.each<[Name, Row]>([
    ['account-key', ['no name, as in an old key', 'name: default\n', '']],
    ['account-key', ['no "until"', 'until: 2026-01-01T00:00:00Z\n', '']],
    ['account-key', ['an empty type, which matches none', 'type: model', 'type: ']],
    ['store', ['a path with a space', '/path?#', '/a path']],
    ['system-user', ['whitespace around the address', 'Some One <one@example.com>', ' one@example.com ']],
    ['system-user', ['a name in quotation marks', 'Some One <', '"One, Some" <']],
    ['system-user', ['another parameter instead of the rounds', 'rounds=5000', 'ROUNDS=1']],
    ['store', ['no url', 'url: https://user@store.lan:8443/path?#\n', '']],
    ['model', ['dangerous, a base without an id', 'grade: signed', 'grade: dangerous']],
    [
      'system-user',
      [
        'one year to the second for all models',
        'models:\n  - my-model\nserials:\n  - serial-1\nuser-presence: until-expiration\nsince: 2026-01-01T00:00:00Z\nuntil: 2036',
        'since: 2026-01-01T00:00:00Z\nuntil: 2027',
      ],
    ],
  ])('accepts a %s: %s', (name, row) => expect(typeRefusal(GOOD[name], row, BODIES[name])).toBe(''));
});
