import { newSigner } from './signer.js';
import {
  BRAND_ID,
  GATED_SNAP_ID,
  GATING_SNAP_ID,
  MODEL,
  PUBLISHER_ID,
  SERIAL,
  SIGNED_AT,
  SINCE,
  SNAP_IDS,
  type SignedWith,
  type World,
} from './world.js';

/** Digests of no file: 48 bytes each, all different. */
const DIGESTS = [1, 2, 3, 4].map((byte) => Buffer.alloc(48, byte).toString('base64url'));
const [SNAP_ID = ''] = SNAP_IDS;

const at = { timestamp: SIGNED_AT };
const declaration = { series: '16', 'publisher-id': PUBLISHER_ID, ...at };
const revision = {
  'snap-id': GATED_SNAP_ID,
  'snap-size': '4096',
  'snap-revision': '3',
  'developer-id': PUBLISHER_ID,
  ...at,
};

/**
 * One good assertion of every kind that release 2.57.6 knows, made by the
 * project's own signer. None has the primary key of anything in the world.
 */
export function validAssertions(world: World): ReadonlyMap<string, SignedWith> {
  return new Map([
    ...accounts(world),
    ...snaps(world),
    ...validations(world),
    ...models(world),
    ...devices(world),
    ...others(world),
  ]);
}

function accounts(world: World): [string, SignedWith][] {
  const added = newSigner();
  const key = {
    'public-key-sha3-384': added.keyId,
    'account-id': BRAND_ID,
    name: 'spare',
    since: SINCE,
    until: '2030-01-01T00:00:00Z',
  };
  const account = { 'account-id': 'newcomer', 'display-name': 'New Comer', validation: 'unproven', ...at };
  return [
    ['account', world.byStore('account', account)],
    [
      'account with username',
      world.byStore('account', { ...account, username: 'new', validation: 'starred', revision: '7' }),
    ],
    ['account-key', world.byRoot('account-key', key, added.encoded.toString())],
    [
      'account-key-request',
      world.bySelf('account-key-request', key, added, added.encoded.toString()),
    ],
    [
      'store',
      world.byStore('store', {
        store: 'acme-store',
        'operator-id': PUBLISHER_ID,
        url: 'http://store.lan:8080',
        'friendly-stores': ['other', 'third'],
        location: 'rack 1',
        ...at,
      }),
    ],
    ['store without url', world.byStore('store', { store: 'bare', 'operator-id': PUBLISHER_ID, ...at })],
    [
      'base-declaration',
      world.byRoot('base-declaration', {
        series: '16',
        slots: { network: { 'allow-installation': { 'slot-snap-type': ['core'] } } },
        ...at,
      }),
    ],
  ];
}

function snaps(world: World): [string, SignedWith][] {
  const [plain = '', ruled = '', aliased = '', delegating = ''] = SNAP_IDS;
  return [
    [
      'snap-declaration',
      world.byStore('snap-declaration', { ...declaration, 'snap-id': plain, 'snap-name': 'plain' }),
    ],
    [
      'snap-declaration with rules',
      world.byStore('snap-declaration', {
        ...declaration,
        format: '5',
        'snap-id': ruled,
        'snap-name': 'ruled',
        plugs: {
          home: { 'allow-auto-connection': 'true' },
          content: {
            'allow-connection': [
              { 'plug-attributes': { content: '$SLOT(content)' }, 'slot-publisher-id': ['$PLUG_PUBLISHER_ID'] },
              { 'plug-names': ['$INTERFACE', 'a.*'], 'slot-snap-id': [GATED_SNAP_ID], 'slots-per-plug': '*' },
            ],
            'deny-auto-connection': { 'on-classic': ['ubuntu'], 'on-store': ['acme-store'] },
          },
        },
        slots: {
          dbus: {
            'allow-installation': {
              'slot-attributes': { name: ['org.acme.*', 'com.acme'], bus: '$MISSING' },
              'on-model': [`${BRAND_ID}/${MODEL}`],
            },
          },
        },
      }),
    ],
    [
      'snap-declaration with aliases',
      world.byStore('snap-declaration', {
        ...declaration,
        'snap-id': aliased,
        'snap-name': '',
        aliases: [
          { name: 'hi', target: 'hello' },
          { name: 'h.1', target: 'hello' },
        ],
        'auto-aliases': ['old'],
        'refresh-control': [GATED_SNAP_ID],
      }),
    ],
    [
      'snap-declaration with revision-authority',
      world.byStore('snap-declaration', {
        ...declaration,
        'snap-id': delegating,
        'snap-name': 'delegating',
        'revision-authority': [
          { 'account-id': BRAND_ID, provenance: ['prov-1', 'prov-2'], 'min-revision': '2', 'max-revision': '9' },
        ],
      }),
    ],
    [
      'snap-build',
      world.byBrand('snap-build', {
        'snap-sha3-384': DIGESTS[0] ?? '',
        'snap-id': GATED_SNAP_ID,
        grade: 'stable',
        'snap-size': '4096',
        ...at,
      }),
    ],
    ['snap-revision', world.byStore('snap-revision', { 'snap-sha3-384': DIGESTS[1] ?? '', ...revision })],
    [
      'snap-revision with provenance',
      world.byBrand('snap-revision', {
        'snap-sha3-384': DIGESTS[2] ?? '',
        provenance: 'delegated',
        ...revision,
        'snap-id': GATING_SNAP_ID,
      }),
    ],
    [
      'snap-developer',
      world.byBrand('snap-developer', {
        'snap-id': GATED_SNAP_ID,
        'publisher-id': BRAND_ID,
        developers: [{ 'developer-id': PUBLISHER_ID, since: SINCE, until: '2027-01-01T00:00:00Z' }],
      }),
    ],
  ];
}

function validations(world: World): [string, SignedWith][] {
  return [
    [
      'validation',
      world.byBrand('validation', {
        series: '16',
        'snap-id': GATING_SNAP_ID,
        'approved-snap-id': GATED_SNAP_ID,
        'approved-snap-revision': '42',
        revoked: 'true',
        ...at,
      }),
    ],
    [
      'validation-set',
      world.byBrand('validation-set', {
        series: '16',
        'account-id': BRAND_ID,
        name: 'fleet-1',
        sequence: '2',
        snaps: [
          { name: 'gating', id: GATING_SNAP_ID, revision: '3' },
          { name: 'gated', id: GATED_SNAP_ID, presence: 'invalid' },
        ],
        ...at,
      }),
    ],
    [
      'preseed',
      world.byBrand('preseed', {
        series: '16',
        'brand-id': BRAND_ID,
        model: MODEL,
        'system-label': '20260201',
        'artifact-sha3-384': DIGESTS[3] ?? '',
        snaps: [{ name: 'gating', id: GATING_SNAP_ID, revision: '3' }, { name: 'local' }],
        ...at,
      }),
    ],
  ];
}

function models(world: World): [string, SignedWith][] {
  const model = { series: '16', 'brand-id': BRAND_ID, architecture: 'amd64', ...at };
  const essential = [
    { name: 'pc', id: GATING_SNAP_ID, type: 'gadget', 'default-channel': '20/stable' },
    { name: 'pc-kernel', id: GATED_SNAP_ID, type: 'kernel', 'default-channel': '20' },
  ];
  return [
    [
      'model of core 16',
      world.byBrand('model', {
        ...model,
        model: 'core-16',
        'display-name': 'Core of old',
        gadget: 'pc',
        kernel: 'pc-kernel',
        'required-snaps': ['hello'],
        store: 'acme-store',
        'system-user-authority': '*',
      }),
    ],
    [
      'model of core 18',
      world.byBrand('model', {
        ...model,
        model: 'core-18',
        base: 'core18',
        gadget: 'pc=18',
        kernel: 'pc-kernel=18',
        'serial-authority': [BRAND_ID, 'generic'],
        'system-user-authority': ['partner'],
      }),
    ],
    [
      'model of core 20',
      world.byBrand('model', {
        ...model,
        model: 'core-20',
        base: 'core20',
        grade: 'secured',
        'storage-safety': 'encrypted',
        snaps: [
          ...essential,
          { name: 'hello', id: SNAP_ID, presence: 'optional', modes: ['run', 'ephemeral'] },
        ],
      }),
    ],
    [
      'model of core 20, dangerous',
      world.byBrand('model', {
        ...model,
        model: 'core-20-dev',
        base: 'core20',
        grade: 'dangerous',
        snaps: [...essential, { name: 'unasserted' }],
      }),
    ],
    ['model of classic', world.byBrand('model', { ...model, model: 'classic', classic: 'true', gadget: 'pc' })],
    [
      'model of classic with snaps',
      world.byBrand('model', {
        ...model,
        model: 'classic-22',
        classic: 'true',
        distribution: 'ubuntu',
        base: 'core22',
        snaps: essential,
      }),
    ],
  ];
}

function devices(world: World): [string, SignedWith][] {
  const { device } = world;
  const key = { 'device-key': device.encoded.toString() };
  const identity = { 'brand-id': BRAND_ID, model: MODEL };
  return [
    [
      'serial',
      world.byBrand(
        'serial',
        { ...identity, serial: 'serial-2', ...key, 'device-key-sha3-384': device.keyId, ...at },
        'HW-DETAILS\n\nmac: 1',
      ),
    ],
    [
      'serial-request',
      world.bySelf(
        'serial-request',
        { ...identity, ...key, 'request-id': 'REQ-1', serial: 'serial-3' },
        device,
        'HW-DETAILS',
      ),
    ],
    [
      'device-session-request',
      world.bySelf('device-session-request', { ...identity, serial: SERIAL, nonce: 'N0NCE', ...at }, device),
    ],
  ];
}

function others(world: World): [string, SignedWith][] {
  const user = {
    'brand-id': BRAND_ID,
    username: 'operator',
    since: SINCE,
    until: '2026-12-31T00:00:00Z',
  };
  return [
    ['system-user', world.byBrand('system-user', { ...user, email: 'operator@acme.example' })],
    [
      'system-user of one device',
      world.byBrand('system-user', {
        ...user,
        format: '1',
        email: 'Ops <ops+1@acme.example>',
        series: ['16'],
        models: [MODEL],
        serials: [SERIAL],
        name: 'Operator',
        until: '2040-01-01T00:00:00Z',
        password: '$6$rounds=5000$salt$hash/.',
        'force-password-change': 'true',
        'ssh-keys': ['ssh-rsa AAAA'],
      }),
    ],
    [
      'repair',
      world.byBrand(
        'repair',
        {
          'brand-id': BRAND_ID,
          'repair-id': '4',
          summary: 'repairs nothing',
          series: ['16'],
          architectures: ['amd64'],
          models: [`${BRAND_ID}/${MODEL}*`],
          bases: ['core20'],
          modes: ['run', 'recover'],
          disabled: 'false',
          ...at,
        },
        '#!/bin/sh\n\necho repaired\n',
      ),
    ],
  ];
}
