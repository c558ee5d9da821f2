import { SINCE } from '../../../src/sandbox/store-stack.js';
import {
  BRAND_ID,
  GATED_SNAP_ID,
  GATING_SNAP_ID,
  MODEL,
  PUBLISHER_ID,
  SIGNED_AT,
  SNAP_IDS,
  type SignedWith,
  type World,
} from './world.js';

/** Digests of no file: 48 bytes each, all different. */
const DIGESTS = [1, 2, 3, 4].map((byte) => Buffer.alloc(48, byte).toString('base64url'));

const at = { timestamp: SIGNED_AT };
const declaration = { series: '16', 'publisher-id': PUBLISHER_ID, ...at };
const revision = {
  'snap-id': GATED_SNAP_ID,
  'snap-size': '4096',
  'snap-revision': '3',
  'developer-id': PUBLISHER_ID,
  ...at,
};

/** What is said of single snaps. */
export function validSnaps(world: World): [string, SignedWith][] {
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
              {
                'plug-attributes': { content: '$SLOT(content)' },
                'slot-publisher-id': ['$PLUG_PUBLISHER_ID'],
              },
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
          {
            'account-id': BRAND_ID,
            provenance: ['prov-1', 'prov-2'],
            'min-revision': '2',
            'max-revision': '9',
          },
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

/** What is said of sets of snaps. */
export function validValidations(world: World): [string, SignedWith][] {
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
