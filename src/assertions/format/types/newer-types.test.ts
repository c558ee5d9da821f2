import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { checkHeaders, typeRefusal, type Row } from '../../../../test/support/check-type.js';
import { digestToBase64url, sha3_384 } from '../../../common/crypto/digest.js';

const ID_KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .publicKey.export({ format: 'pem', type: 'spki' })
  .toString()
  .split('\n')
  .slice(1, -2);

const SCHEMA_BODY = '{\n  "storage": {\n    "schema": {\n      "a": "string"\n    }\n  }\n}';
const BODIES: Record<string, string> = { 'confdb-schema': SCHEMA_BODY, 'request-message': '{}' };

const GOOD: Record<string, string> = {
  'request-message': `type: request-message
authority-id: acme
account-id: acme
message-id: abcd-1
message-kind: get-device
devices:
  - serial-1.my-model.acme
  - s:2.My-Model.acme
assumes:
  - snapd2.60
  - isa-riscv64-rva23
  - user-daemons
valid-since: 2026-01-01T00:00:00Z
valid-until: 2026-01-01T00:00:00Z
timestamp: 2026-01-01T00:00:00Z`,
  'response-message': `type: response-message
account-id: acme
message-id: abcd
device: serial-1.my-model.acme
status: success
timestamp: 2026-01-01T00:00:00Z`,
  cluster: `type: cluster
authority-id: acme
cluster-id: one
sequence: 1
devices:
  -
    id: 1
    device: serial-1.my-model.acme
    addresses:
      - 10.0.0.1
subclusters:
  -
    name: default
    devices:
      - 1
    snaps:
      -
        state: clustered
        instance: hello_key
        channel: 2.0/stable`,
  'hardware-identity': `type: hardware-identity
authority-id: acme
issuer-id: acme
manufacturer: Acme
hardware-name: Board-1
hardware-id: 1
hardware-id-key:
${ID_KEY.map((line) => `    ${line}`).join('\n')}
hardware-id-key-sha3-384: ${digestToBase64url(sha3_384(Buffer.from(ID_KEY.join('\n'))))}`,
  'confdb-schema': `type: confdb-schema
authority-id: acme
account-id: acme
name: network
views:
  wifi:
    rules:
      -
        storage: a
timestamp: 2026-01-01T00:00:00Z`,
  'confdb-control': `type: confdb-control
brand-id: acme
model: my-model
serial: serial-1
groups:
  -
    operators:
      - acme
    authentications:
      - operator-key
      - store
    views:
      - acme/network/wifi`,
};

const REFUSED: Record<string, readonly Row[]> = {
  'request-message': [
    ['short id', 'abcd-1', 'abc'],
    ['sequence 0', 'abcd-1', 'abcd-0'],
    ['kind with a capital letter', 'get-device', 'Get'],
    ['device without brand', 'serial-1.my-model.acme', 'serial-1.my-model'],
    ['device with an invalid serial', 'serial-1.my-model.acme', 'serial..my-model.acme'],
    ['repeated device', 's:2.My-Model.acme', 'serial-1.my-model.acme'],
    ['version 0', 'snapd2.60', 'snapd0 1'],
    ['isa without a value', 'isa-riscv64-rva23', 'isa-Riscv'],
    ['invalid feature', 'user-daemons', 'user_daemons'],
    ['"until" before "since"', 'valid-until: 2026', 'valid-until: 2025'],
  ],
  'response-message': [
    ['unknown status', 'success', 'done'],
    ['no device', 'device: serial-1.my-model.acme\n', ''],
  ],
  cluster: [
    ['sequence 0', 'sequence: 1', 'sequence: 0'],
    ['device 0', 'id: 1', 'id: 0'],
    ['device that is not listed', '- 1\n', '- 2\n'],
    ['repeated device', '      - 10.0.0.1', '      - 10.0.0.1\n  -\n    id: 1\n    device: a.b.acme'],
    ['unknown state', 'clustered', 'away'],
    ['invalid instance', 'hello_key', 'hello_KEY'],
    ['instance with two keys', 'hello_key', 'hello_a_b'],
    ['invalid channel', '2.0/stable', '2.0/latest'],
    ['repeated subcluster', 'name: default', 'name: default\n  -\n    name: default'],
  ],
  'hardware-identity': [
    ['issuer that is not the authority', 'issuer-id: acme', 'issuer-id: other'],
    ['another digest', 'hardware-id-key-sha3-384: ', 'hardware-id-key-sha3-384: A'],
    ['key that is not base64', 'hardware-id-key:\n    ', 'hardware-id-key:\n    -'],
    ['key that is not a public key', 'hardware-id-key:\n    ', 'hardware-id-key:\n    AAAA'],
    ['invalid name', 'Board-1', 'Board 1'],
  ],
  'confdb-schema': [
    ['another account', 'account-id: acme', 'account-id: other'],
    ['system that is not canonical', 'account-id: acme', 'account-id: system'],
    ['invalid name', 'name: network', 'name: 1'],
    ['views that is a string', 'views:\n  wifi:\n    rules:\n      -\n        storage: a', 'views: x'],
  ],
  'confdb-control': [
    ['serial with a space', 'serial: serial-1', 'serial: a b'],
    ['unknown authentication', '- store', '- password'],
    ['view without its account', 'acme/network/wifi', 'network/wifi'],
    ['no operators', '    operators:\n      - acme\n', ''],
  ],
};

describe('types added after 2.60', () => {
  it.each(Object.entries(GOOD))('accepts a good %s', (name, headers) => {
    expect(checkHeaders(headers, BODIES[name])).toBeUndefined();
  });

  it.each(Object.entries(REFUSED).flatMap(([name, rows]) => rows.map((row) => [name, row[0], row] as const)))(
    'refuses a %s: %s',
    (name, _what, row) => {
      expect(typeRefusal(GOOD[name] ?? '', row, BODIES[name])).toMatch(
        new RegExp(`^cannot decode ${name} assertion `),
      );
    },
  );

  it('requires a body in a request-message', () => {
    expect(() => checkHeaders(GOOD['request-message'] ?? '')).toThrow('the body is missing');
  });

  it.each([
    ['', 'two spaces'],
    ['{', 'two spaces'],
    ['[]', 'no "storage"'],
    ['null', 'no "storage"'],
    ['{}', 'no "storage"'],
    ['{"storage": {}}', 'two spaces'],
    ['{\n  "storage": {},\n  "a": 1\n}', 'sorted keys'],
    ['{\n  "storage": "<"\n}', 'two spaces'],
    ['{\n  "storage": {}\n}\n', 'two spaces'],
    ['['.repeat(100_000) + ']'.repeat(100_000), 'two spaces'],
  ])('refuses a confdb-schema whose body is %.30j', (body, why) => {
    expect(() => checkHeaders(GOOD['confdb-schema'] ?? '', body)).toThrow(why);
  });
});
