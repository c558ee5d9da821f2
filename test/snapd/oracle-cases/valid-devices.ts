import { SINCE } from '../../../src/sandbox/store-stack.js';
import {
  BRAND_ID,
  GATED_SNAP_ID,
  GATING_SNAP_ID,
  MODEL,
  SERIAL,
  SIGNED_AT,
  SNAP_IDS,
  type SignedWith,
  type World,
} from './world.js';

const [SNAP_ID = ''] = SNAP_IDS;

const at = { timestamp: SIGNED_AT };

/** Models of every generation. */
export function validModels(world: World): [string, SignedWith][] {
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
    [
      'model of classic',
      world.byBrand('model', { ...model, model: 'classic', classic: 'true', gadget: 'pc' }),
    ],
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

/** What is said of, and by, single devices. */
export function validDevices(world: World): [string, SignedWith][] {
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

/** What a brand says to its devices. */
export function validOthers(world: World): [string, SignedWith][] {
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
