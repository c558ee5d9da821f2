import { without, withRaw, withValue } from './edits.js';
import { mandatory, rows, type EditedRow } from './rows.js';
import { GATED_SNAP_ID } from './world.js';

/** What is said of a snap, broken by what its type wants. */
export const MALFORMED_SNAPS: readonly EditedRow[] = [
  ...mandatory('snap-declaration', 'snap-name', 'publisher-id', 'timestamp'),
  ...rows('snap-declaration', {
    'publisher that is not known': withValue('publisher-id', 'nobody'),
    'plugs that is text': withValue('plugs', 'true'),
    'plug rule that is another word': withRaw('plugs', '\n  home: maybe'),
    'plug rule without a part': withRaw('plugs', '\n  home:\n    x: true'),
    'plug constraints without a part': withRaw('plugs', '\n  home:\n    allow-connection:\n      x: y'),
    'plug attributes with a bad expression': withRaw(
      'plugs',
      '\n  home:\n    allow-connection:\n      plug-attributes:\n        a: "["',
    ),
    'plug constraint with a bad publisher': withRaw(
      'plugs',
      '\n  home:\n    allow-connection:\n      slot-publisher-id:\n        - A_B',
    ),
    'slot constraint with a bad snap type': withRaw(
      'slots',
      '\n  home:\n    allow-installation:\n      slot-snap-type:\n        - weird',
    ),
    'aliases that is text': withValue('aliases', 'hi'),
    'alias without target': withRaw('aliases', '\n  -\n    name: hi'),
    'alias with a bad name': withRaw('aliases', '\n  -\n    name: .hi\n    target: hello'),
    'alias with a bad target': withRaw('aliases', '\n  -\n    name: hi\n    target: Hello_'),
    'alias twice': withRaw('aliases', '\n  -\n    name: hi\n    target: a\n  -\n    name: hi\n    target: b'),
    'auto-aliases with a bad name': withRaw('auto-aliases', '\n  - .x'),
    'refresh-control that is text': withValue('refresh-control', GATED_SNAP_ID),
    'revision-authority that is text': withValue('revision-authority', 'my-brand'),
    'revision-authority without provenance': withRaw('revision-authority', '\n  -\n    account-id: my-brand'),
    'revision-authority without account': withRaw('revision-authority', '\n  -\n    provenance:\n      - p'),
    'revision-authority that ends before it begins': withRaw(
      'revision-authority',
      '\n  -\n    account-id: my-brand\n    provenance:\n      - p\n    min-revision: 5\n    max-revision: 4',
    ),
    'revision-authority from revision 0': withRaw(
      'revision-authority',
      '\n  -\n    account-id: my-brand\n    provenance:\n      - p\n    min-revision: 0',
    ),
  }),

  ...mandatory('snap-build', 'snap-id', 'grade', 'snap-size', 'timestamp'),
  ...rows('snap-build', {
    'size below 0': withValue('snap-size', '-1'),
    'empty grade': withValue('grade', ''),
  }),

  ...mandatory('snap-revision', 'snap-id', 'snap-size', 'snap-revision', 'developer-id', 'timestamp'),
  ...rows('snap-revision', {
    'digest of 47 bytes': withValue('snap-sha3-384', 'A'.repeat(63)),
    'digest in hex': withValue('snap-sha3-384', 'a'.repeat(96)),
    'digest in standard base64': withValue('snap-sha3-384', '+'.repeat(64)),
    'size with a leading zero': withValue('snap-size', '04096'),
    'size below 0': withValue('snap-size', '-1'),
    'size of more than 64 bits': withValue('snap-size', '18446744073709551616'),
    'revision 0': withValue('snap-revision', '0'),
    'revision below 0': withValue('snap-revision', '-1'),
    'revision that is a name': withValue('snap-revision', 'x1'),
    'declaration that is not known': withValue('snap-id', 'z'.repeat(32)),
    'developer that is not known': withValue('developer-id', 'nobody'),
    'provenance with a space': withValue('provenance', 'my prov'),
    'empty provenance': withValue('provenance', ''),
    'provenance that nobody was given': withValue('provenance', 'other'),
  }),
  ...rows('snap-revision with provenance', {
    'without it': without('provenance'),
    'another one': withValue('provenance', 'other'),
    'another snap': withValue('snap-id', GATED_SNAP_ID),
  }),

  ...rows('snap-developer', {
    'developers that is text': withValue('developers', 'acme'),
    'developer without since': withRaw('developers', '\n  -\n    developer-id: acme'),
    'developer without id': withRaw('developers', '\n  -\n    since: 2026-01-01T00:00:00Z'),
    'developer with bad since': withRaw('developers', '\n  -\n    developer-id: acme\n    since: today'),
    'developer until before since': withRaw(
      'developers',
      '\n  -\n    developer-id: acme\n    since: 2026-01-02T00:00:00Z\n    until: 2026-01-01T00:00:00Z',
    ),
    'developer that is not known': withRaw(
      'developers',
      '\n  -\n    developer-id: nobody\n    since: 2026-01-01T00:00:00Z',
    ),
    'declaration that is not known': withValue('snap-id', 'z'.repeat(32)),
    'publisher that is someone else': withValue('publisher-id', 'acme'),
  }),
];
