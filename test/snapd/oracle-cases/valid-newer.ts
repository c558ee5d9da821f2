import { createHash, generateKeyPairSync } from 'node:crypto';
import { SINCE } from '../../../src/sandbox/store-stack.js';
import { newSigner } from './signer.js';
import {
  BRAND_ID,
  GATED_SNAP_ID,
  GATING_SNAP_ID,
  MODEL,
  PUBLISHER_ID,
  SERIAL,
  SIGNED_AT,
  SNAP_IDS,
  type SignedWith,
  type World,
} from './world.js';

const at = { timestamp: SIGNED_AT };
const RESOURCE = { 'snap-id': GATED_SNAP_ID, 'resource-name': 'comp', 'developer-id': PUBLISHER_ID, ...at };
const DIGEST = Buffer.alloc(48, 7).toString('base64url');
const INTEGRITY = {
  type: 'dm-verity',
  version: '1',
  'hash-algorithm': 'sha256',
  'data-block-size': '4096',
  'hash-block-size': '4096',
  digest: 'ab'.repeat(32),
  salt: 'cd'.repeat(32),
};

/** Storage of every kind, with the views below on it. */
const STORAGE = {
  storage: {
    aliases: { mac: { pattern: '^[0-9a-f:]+$', type: 'string' }, port: { max: 65_535, min: 1, type: 'int' } },
    schema: {
      any: 'any',
      either: ['int', { choices: ['a', 'b'], type: 'string' }],
      flags: { keys: 'string', values: 'bool' },
      list: { type: 'array', unique: true, values: { schema: { kind: 'string', rate: 'number' } } },
      macs: { keys: '${mac}', values: '${port}' },
      secret: { type: 'string', visibility: 'secret' },
      wifi: { required: [['ssid']], schema: { psk: { ephemeral: true, type: 'string' }, ssid: 'string' } },
    },
  },
};

const VIEWS = {
  wifi: {
    summary: 'the network',
    parameters: { kind: { presence: 'optional' } },
    rules: [
      { storage: 'wifi', access: 'read', content: [{ storage: 'ssid' }, { request: 'key', storage: 'psk' }] },
      { request: 'name', storage: 'wifi.ssid', access: 'write' },
      { request: 'flag.{name}', storage: 'flags.{name}' },
      { request: 'rates[{n}]', storage: 'list[{n}][.kind={kind}].rate', access: 'read-write' },
      { request: 'first', storage: 'list[0].kind' },
      { request: 'x', storage: 'any.a.b' },
    ],
  },
};

/** What came after release 2.57.6: new types, and new parts of older ones. */
export function validNewer(world: World): ReadonlyMap<string, SignedWith> {
  return new Map([...newTypes(world), ...newParts(world)]);
}

function newTypes(world: World): [string, SignedWith][] {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  const device = `${SERIAL}.${MODEL}.${BRAND_ID}`;
  const body = JSON.stringify(STORAGE, null, 2);
  return [
    [
      'confdb-schema',
      world.byBrand('confdb-schema', { 'account-id': BRAND_ID, name: 'network', views: VIEWS, ...at }, body),
    ],
    [
      'confdb-control',
      world.bySelf(
        'confdb-control',
        {
          'brand-id': BRAND_ID,
          model: MODEL,
          serial: SERIAL,
          groups: [
            {
              operators: [PUBLISHER_ID],
              authentications: ['operator-key', 'store'],
              views: [`${BRAND_ID}/network/wifi`],
            },
          ],
        },
        world.device,
      ),
    ],
    [
      'cluster',
      world.byBrand('cluster', {
        'cluster-id': 'one',
        sequence: '1',
        devices: [{ id: '1', device, addresses: ['10.0.0.1'] }],
        subclusters: [
          {
            name: 'default',
            devices: ['1'],
            snaps: [{ state: 'clustered', instance: 'hello_key', channel: '2.0/stable' }],
          },
        ],
        ...at,
      }),
    ],
    [
      'request-message',
      world.byBrand(
        'request-message',
        {
          'account-id': BRAND_ID,
          'message-id': 'abcd-1',
          'message-kind': 'get-device',
          devices: [device],
          assumes: ['snapd2.60'],
          'valid-since': SINCE,
          'valid-until': '2030-01-01T00:00:00Z',
          ...at,
        },
        '{}',
      ),
    ],
    [
      'response-message',
      world.bySelf(
        'response-message',
        { 'account-id': BRAND_ID, 'message-id': 'abcd', device, status: 'success', ...at },
        world.device,
        '{}',
      ),
    ],
    [
      'hardware-identity',
      world.byBrand('hardware-identity', {
        'issuer-id': BRAND_ID,
        manufacturer: 'Acme',
        'hardware-name': 'Board-1',
        'hardware-id': '1',
        'hardware-id-key': key,
        'hardware-id-key-sha3-384': createHash('sha3-384').update(key).digest('base64url'),
      }),
    ],
    [
      'snap-resource-revision',
      world.byStore('snap-resource-revision', {
        ...RESOURCE,
        'resource-sha3-384': DIGEST,
        'resource-size': '4096',
        'resource-revision': '3',
        integrity: [INTEGRITY],
      }),
    ],
    [
      'snap-resource-pair',
      world.byStore('snap-resource-pair', { ...RESOURCE, 'resource-revision': '3', 'snap-revision': '7' }),
    ],
  ];
}

function newParts(world: World): [string, SignedWith][] {
  const added = newSigner();
  const [, , , , snapId = 'e'.repeat(32)] = SNAP_IDS;
  return [
    [
      'account-key with constraints',
      world.byRoot(
        'account-key',
        {
          format: '1',
          'public-key-sha3-384': added.keyId,
          'account-id': BRAND_ID,
          name: 'narrow',
          since: SINCE,
          constraints: [{ headers: { type: 'model', model: 'acme-.*', snaps: [{ name: 'a|b' }] } }],
        },
        added.encoded.toString(),
      ),
    ],
    [
      'snap-declaration of format 7',
      world.byStore('snap-declaration', {
        format: '7',
        series: '16',
        'snap-id': snapId,
        'snap-name': 'newest',
        'publisher-id': PUBLISHER_ID,
        plugs: {
          content: {
            'allow-auto-connection': {
              'plug-attributes': { content: '$SLOT_COMPAT(content)', owner: '$SLOT_PUBLISHER_ID' },
              'on-classic': ['ubuntu/*', 'debian'],
              'on-core-desktop': 'true',
              'slots-per-plug': '1',
            },
          },
        },
        ...at,
      }),
    ],
    [
      'system-user of format 2',
      world.byBrand('system-user', {
        format: '2',
        'brand-id': BRAND_ID,
        email: 'present@acme.example',
        models: [MODEL],
        username: 'present',
        'user-presence': 'until-expiration',
        since: SINCE,
        until: '2030-01-01T00:00:00Z',
      }),
    ],
    [
      'snap-revision with integrity',
      world.byStore('snap-revision', {
        'snap-sha3-384': DIGEST,
        'snap-id': GATED_SNAP_ID,
        'snap-size': '4096',
        'snap-revision': '4',
        'developer-id': PUBLISHER_ID,
        integrity: [INTEGRITY],
        ...at,
      }),
    ],
    [
      'model with components and validation sets',
      world.byBrand('model', {
        series: '16',
        'brand-id': BRAND_ID,
        architecture: 'amd64',
        model: 'core-24',
        base: 'core24',
        grade: 'signed',
        'preseed-authority': [BRAND_ID],
        'validation-sets': [{ 'account-id': BRAND_ID, name: 'fleet', sequence: '2', mode: 'enforce' }],
        snaps: [
          { name: 'pc', id: GATING_SNAP_ID, type: 'gadget', 'default-channel': '24/stable' },
          { name: 'pc-kernel', id: GATED_SNAP_ID, type: 'kernel', 'default-channel': '24' },
          {
            name: 'hello',
            id: SNAP_IDS[0] ?? '',
            modes: ['run'],
            components: { one: 'optional', two: { presence: 'required', modes: ['run'] } },
          },
        ],
        ...at,
      }),
    ],
    [
      'validation-set with components',
      world.byBrand('validation-set', {
        series: '16',
        'account-id': BRAND_ID,
        name: 'fleet-2',
        sequence: '1',
        snaps: [
          {
            name: 'gated',
            id: GATED_SNAP_ID,
            revision: '3',
            components: { one: { presence: 'required', revision: '4' }, two: 'invalid' },
          },
        ],
        ...at,
      }),
    ],
    [
      'preseed with components',
      world.byBrand('preseed', {
        series: '16',
        'brand-id': BRAND_ID,
        model: MODEL,
        'system-label': '20260301',
        'artifact-sha3-384': DIGEST,
        snaps: [
          { name: 'gated', id: GATED_SNAP_ID, revision: '3', components: [{ name: 'one', revision: '2' }] },
          { name: 'local', components: [{ name: 'two' }] },
        ],
        ...at,
      }),
    ],
  ];
}
