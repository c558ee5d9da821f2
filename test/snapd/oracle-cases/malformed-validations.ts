import { withRaw, withValue } from './edits.js';
import { mandatory, rows, type EditedRow } from './rows.js';
import { GATED_SNAP_ID, GATING_SNAP_ID } from './world.js';

/** What is said of sets of snaps, broken by what its type wants. */
export const MALFORMED_VALIDATIONS: readonly EditedRow[] = [
  ...mandatory('validation', 'timestamp', 'approved-snap-revision'),
  ...rows('validation', {
    'revoked that is another word': withValue('revoked', 'maybe'),
    'revision 0': withValue('approved-snap-revision', '0'),
    'snap that is not known': withValue('approved-snap-id', 'z'.repeat(32)),
    'snap that gates and is not known': withValue('snap-id', 'z'.repeat(32)),
  }),
  ...mandatory('validation-set', 'snaps', 'sequence', 'name', 'timestamp'),
  ...rows('validation-set', {
    'account of someone else': withValue('account-id', 'acme'),
    'sequence 0': withValue('sequence', '0'),
    'sequence with a leading zero': withValue('sequence', '02'),
    'name with a capital': withValue('name', 'Fleet'),
    'snaps that is text': withValue('snaps', 'gating'),
    'snaps that are texts': withRaw('snaps', '\n  - gating'),
    'snap without id': withRaw('snaps', '\n  -\n    name: gating'),
    'snap without name': withRaw('snaps', `\n  -\n    id: ${GATING_SNAP_ID}`),
    'snap with a bad id': withRaw('snaps', '\n  -\n    name: gating\n    id: short'),
    'snap with a bad name': withRaw('snaps', `\n  -\n    name: a--b\n    id: ${GATING_SNAP_ID}`),
    'snap with an unknown presence': withRaw(
      'snaps',
      `\n  -\n    name: a1\n    id: ${GATING_SNAP_ID}\n    presence: maybe`,
    ),
    'snap with revision 0': withRaw(
      'snaps',
      `\n  -\n    name: a1\n    id: ${GATING_SNAP_ID}\n    revision: 0`,
    ),
    'snap that is invalid at a revision': withRaw(
      'snaps',
      `\n  -\n    name: a1\n    id: ${GATING_SNAP_ID}\n    revision: 1\n    presence: invalid`,
    ),
    'snap twice by name': withRaw(
      'snaps',
      `\n  -\n    name: a1\n    id: ${GATING_SNAP_ID}\n  -\n    name: a1\n    id: ${GATED_SNAP_ID}`,
    ),
    'snap twice by id': withRaw(
      'snaps',
      `\n  -\n    name: a1\n    id: ${GATING_SNAP_ID}\n  -\n    name: b2\n    id: ${GATING_SNAP_ID}`,
    ),
  }),
  ...mandatory('preseed', 'snaps', 'artifact-sha3-384', 'system-label', 'timestamp'),
  ...rows('preseed', {
    'bad label': withValue('system-label', '2026 02'),
    'bad digest': withValue('artifact-sha3-384', 'AAAA'),
    'snap with an id alone': withRaw('snaps', `\n  -\n    name: gating\n    id: ${GATING_SNAP_ID}`),
    'snap with a revision alone': withRaw('snaps', '\n  -\n    name: gating\n    revision: 1'),
    'snap twice': withRaw('snaps', '\n  -\n    name: gating\n  -\n    name: gating'),
  }),
];
