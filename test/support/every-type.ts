import { generateKeyPairSync } from 'node:crypto';
import type { Assertion, HeaderMap } from '../../src/assertions/format/assertion.js';
import { encodePublicKey } from '../../src/assertions/format/keys.js';
import { signAssertion } from '../../src/assertions/format/sign.js';
import { digestToBase64url, sha3_384 } from '../../src/common/crypto/digest.js';
import { SINCE } from '../../src/sandbox/store-stack.js';
import { testKey, type TestStoreStack } from './store-stack.js';

/** What a test varies of an assertion; the rest is sensible. */
export type Headers = HeaderMap;
type Make = (more?: Headers) => Assertion;

export const SNAP_ID = 'everyTypeSnapeveryTypeSnapevery1';
export const GATED_SNAP_ID = 'everyTypeSnapeveryTypeSnapevery2';
export const PROVENANCE = 'brand-made';
export const EMAIL = 'first.last+tag@example.com';
const SCHEMA = '{\n  "storage": {\n    "schema": {\n      "ssid": "string"\n    }\n  }\n}';
const DEVICE_NAME = 'serial-1.my-model.brand';

const digestOf = (text: string): string => digestToBase64url(sha3_384(Buffer.from(text)));
const at = { timestamp: SINCE };

/** The public key of a hardware identity, as its header holds it. */
function hardwareKey(): string {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
  return pem.split('\n').slice(1, -2).join('\n');
}

/**
 * One assertion of every type that a store keeps, signed by a brand that is a trusted root, or by the key that the
 * type asks for. What one of them needs of others comes before it.
 */
export function everyKeptType(brand: TestStoreStack): ReadonlyMap<string, Make> {
  return new Map([...ofAccounts(brand), ...ofSnaps(brand), ...ofDevices(brand), ...ofConfdb(brand)]);
}

function ofAccounts(brand: TestStoreStack): [string, Make][] {
  const { authorityId: accountId } = brand;
  const spare = testKey('every-type spare');
  const { id, encoded } = encodePublicKey(spare);
  const key = { 'public-key-sha3-384': id, 'account-id': accountId, name: 'spare', since: SINCE };
  return [
    ['account', (more) => brand.account('partner', { headers: { ...more } })],
    ['account-key', (more) => brand.accountKey(accountId, 'spare', spare, { headers: { ...more } })],
    [
      'account-key-request',
      (more) =>
        signAssertion({
          type: 'account-key-request',
          headers: { ...key, ...more },
          privateKey: spare,
          body: encoded,
        }),
    ],
    [
      'store',
      (more) => brand.store({ store: 'brand-store', operatorId: accountId }, { headers: { ...more } }),
    ],
  ];
}

function declarationOf(brand: TestStoreStack, snapId: string, more: Headers = {}): Assertion {
  const { authorityId } = brand;
  return brand.snapDeclaration(
    { snapId, name: `snap-${snapId.at(-1)}`, publisherId: authorityId },
    {
      headers: {
        'revision-authority': [{ 'account-id': authorityId, provenance: [PROVENANCE] }],
        ...more,
      },
    },
  );
}

/** The second declaration, which a validation needs; it is not one of the types' own. */
export function gatedDeclaration(brand: TestStoreStack): Assertion {
  return declarationOf(brand, GATED_SNAP_ID);
}

function ofSnaps(brand: TestStoreStack): [string, Make][] {
  const { authorityId: accountId } = brand;
  const of = { 'snap-id': SNAP_ID, 'developer-id': accountId, ...at };
  const resource = { ...of, 'resource-name': 'comp', 'resource-revision': '1' };
  const set = { name: 'hello', id: SNAP_ID, presence: 'required', revision: '1' };
  const validation = {
    series: '16',
    'snap-id': SNAP_ID,
    'approved-snap-id': GATED_SNAP_ID,
    'approved-snap-revision': '1',
  };
  const bodies: [string, Headers][] = [
    ['base-declaration', { series: '16', ...at }],
    [
      'snap-build',
      {
        'snap-sha3-384': digestOf('build'),
        'snap-id': SNAP_ID,
        grade: 'stable',
        'snap-size': '7',
        ...at,
      },
    ],
    ['snap-revision', { 'snap-sha3-384': digestOf('snap'), 'snap-size': '7', 'snap-revision': '1', ...of }],
    ['snap-developer', { 'snap-id': SNAP_ID, 'publisher-id': accountId }],
    ['validation', { ...validation, ...at }],
    [
      'validation-set',
      { series: '16', 'account-id': accountId, name: 'set', sequence: '1', snaps: [set], ...at },
    ],
    [
      'snap-resource-revision',
      { ...resource, 'resource-sha3-384': digestOf('component'), 'resource-size': '9' },
    ],
    ['snap-resource-pair', { ...resource, 'snap-revision': '1' }],
  ];
  return [
    ['snap-declaration', (more) => declarationOf(brand, SNAP_ID, more)],
    ...bodies.map(([type, headers]): [string, Make] => [
      type,
      (more) => brand.sign(type, { ...headers, ...more }),
    ]),
  ];
}

function ofDevices(brand: TestStoreStack): [string, Make][] {
  const { authorityId: accountId } = brand;
  const { id, encoded } = encodePublicKey(testKey('every-type device'));
  const device = { 'device-key': encoded.toString(), 'device-key-sha3-384': id };
  const model = { series: '16', 'brand-id': accountId, model: 'my-model' };
  const key = hardwareKey();
  const made: [string, Headers, string?][] = [
    ['model', { ...model, classic: 'true', ...at }],
    ['serial', { 'brand-id': accountId, model: 'my-model', serial: 'serial-1', ...device, ...at }],
    [
      'system-user',
      {
        'brand-id': accountId,
        email: EMAIL,
        models: ['my-model'],
        username: 'first',
        since: SINCE,
        until: '2036-01-01T00:00:00Z',
      },
    ],
    ['repair', { 'brand-id': accountId, 'repair-id': '1', summary: 'nothing', ...at }, '#!/bin/sh\n\n:\n'],
    [
      'preseed',
      {
        ...model,
        'system-label': '20260101',
        'artifact-sha3-384': digestOf('artifact'),
        snaps: [{ name: 'hello', id: SNAP_ID, revision: '1' }],
        ...at,
      },
    ],
    ['cluster', { 'cluster-id': 'one', sequence: '1', devices: [{ id: '1', device: DEVICE_NAME }] }],
    [
      'hardware-identity',
      {
        'issuer-id': accountId,
        manufacturer: 'Acme',
        'hardware-name': 'board-1',
        'hardware-id': '1',
        'hardware-id-key': key,
        'hardware-id-key-sha3-384': digestOf(key),
      },
    ],
    [
      'request-message',
      {
        'account-id': accountId,
        'message-id': 'abcd-1',
        'message-kind': 'get-device',
        devices: [DEVICE_NAME],
        'valid-since': SINCE,
        'valid-until': '2036-01-01T00:00:00Z',
        ...at,
      },
      '{}',
    ],
  ];
  return made.map(([type, headers, body]) => [
    type,
    (more) =>
      brand.sign(type, { ...headers, ...more }, body === undefined ? {} : { body: Buffer.from(body) }),
  ]);
}

function ofConfdb(brand: TestStoreStack): [string, Make][] {
  const { authorityId: accountId } = brand;
  const views = { wifi: { rules: [{ storage: 'ssid' }] } };
  return [
    [
      'confdb-schema',
      (more) =>
        brand.sign(
          'confdb-schema',
          { 'account-id': accountId, name: 'network', views, ...at, ...more },
          { body: Buffer.from(SCHEMA) },
        ),
    ],
    [
      'confdb-control',
      (more) =>
        signAssertion({
          type: 'confdb-control',
          headers: {
            'brand-id': accountId,
            model: 'my-model',
            serial: 'serial-1',
            groups: [
              {
                operators: [accountId],
                authentications: ['store'],
                views: [`${accountId}/network/wifi`],
              },
            ],
            ...more,
          },
          privateKey: testKey('every-type device'),
        }),
    ],
  ];
}

/** One of every type that a device signs for one exchange, which no store keeps. */
export function exchangeTypes(brand: TestStoreStack): Assertion[] {
  const privateKey = testKey('every-type device');
  const { encoded } = encodePublicKey(privateKey);
  const device = { 'brand-id': brand.authorityId, model: 'my-model' };
  const headers: [string, Headers][] = [
    ['serial-request', { ...device, 'request-id': 'REQ-1', 'device-key': encoded.toString() }],
    ['device-session-request', { ...device, serial: 'serial-1', nonce: 'N', ...at }],
    [
      'response-message',
      {
        'account-id': brand.authorityId,
        'message-id': 'abcd-1',
        device: DEVICE_NAME,
        status: 'success',
        ...at,
      },
    ],
  ];
  return headers.map(([type, said]) => signAssertion({ type, headers: said, privateKey }));
}
