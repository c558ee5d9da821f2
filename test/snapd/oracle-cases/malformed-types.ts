import { type Edit, all, replacing, withRaw, withValue, without } from './edits.js';
import type { EditedRow } from './malformed-grammar.js';
import { GATED_SNAP_ID, GATING_SNAP_ID, SNAP_IDS } from './world.js';

/** One row for each edit, of one good assertion. */
function rows(valid: string, edits: Record<string, Edit>): EditedRow[] {
  return Object.entries(edits).map(([what, edit]) => [`${valid}: ${what}`, valid, edit]);
}

/** One row for each header left out. */
function mandatory(valid: string, ...headers: string[]): EditedRow[] {
  return headers.map((header) => [`${valid}: no ${header}`, valid, without(header)]);
}

/** Times that RFC 3339 or its reader in Go does not take. */
const BAD_TIMES = [
  '',
  'yesterday',
  '2026-02-01',
  '2026-02-01T00:00:00',
  '2026-02-01 00:00:00Z',
  '2026-02-01t00:00:00z',
  '2026-02-30T00:00:00Z',
  '2025-02-29T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-02-01T24:00:00Z',
  '2026-02-01T23:59:60Z',
  '2026-02-01T00:00:00.Z',
  '2026-02-01T00:00:00+0100',
  '02026-02-01T00:00:00Z',
  '2026-2-1T00:00:00Z',
  '2026-02-01T00:00:00Z ',
];

const ACCOUNTS: readonly EditedRow[] = [
  ...mandatory('account', 'display-name', 'validation', 'timestamp'),
  ...rows('account', {
    'empty display-name': withValue('display-name', ''),
    'empty validation': withValue('validation', ''),
    'username that is a list': withRaw('username', '\n  - new'),
  }),
  ...BAD_TIMES.map((time): EditedRow => [`account: timestamp ${JSON.stringify(time)}`, 'account', withValue('timestamp', time)]),
  ['account: timestamp before its key', 'account', withValue('timestamp', '2025-12-31T23:59:59Z')],

  ...mandatory('account-key', 'account-id', 'since', 'public-key-sha3-384'),
  ...rows('account-key', {
    'id of another key': withValue('public-key-sha3-384', 'A'.repeat(64)),
    'name with a capital': withValue('name', 'Spare'),
    'name of digits': withValue('name', '123'),
    'empty name': withValue('name', ''),
    'name that the account has already': withValue('name', 'default'),
    'until before since': withValue('until', '2025-12-31T23:59:59Z'),
    'account that is not known': withValue('account-id', 'nobody'),
  }),
  ...mandatory('account-key-request', 'account-id', 'name', 'since'),
  ...rows('account-key-request', { 'account that is not known': withValue('account-id', 'nobody') }),

  ...mandatory('store', 'operator-id', 'timestamp'),
  ...rows('store', {
    'ftp url': withValue('url', 'ftp://store.lan'),
    'url without host': withValue('url', 'http://'),
    'url without scheme': withValue('url', 'store.lan'),
    'url with a query': withValue('url', 'http://store.lan/?a=b'),
    'url with a fragment': withValue('url', 'http://store.lan/#a'),
    'url with a bad port': withValue('url', 'http://store.lan:port'),
    'url with a space in its host': withValue('url', 'http://store lan'),
    'empty url': withValue('url', ''),
    'friendly-stores that is text': withValue('friendly-stores', 'other'),
    'location that is a list': withRaw('location', '\n  - rack'),
    'operator that is not known': withValue('operator-id', 'nobody'),
  }),
];

const SNAPS: readonly EditedRow[] = [
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
      '\n  home:\n    allow-connection:\n      slot-publisher-id:\n        - $SLOT_PUBLISHER_ID',
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
    'revision-authority of the default provenance': withRaw(
      'revision-authority',
      '\n  -\n    account-id: my-brand\n    provenance:\n      - global-upload',
    ),
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
  ...rows('snap-build', { 'size below 0': withValue('snap-size', '-1'), 'empty grade': withValue('grade', '') }),

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
    'developer that is not known': withRaw('developers', '\n  -\n    developer-id: nobody\n    since: 2026-01-01T00:00:00Z'),
    'declaration that is not known': withValue('snap-id', 'z'.repeat(32)),
    'publisher that is someone else': withValue('publisher-id', 'acme'),
  }),
];

const VALIDATIONS: readonly EditedRow[] = [
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
    'snap with an unknown presence': withRaw('snaps', `\n  -\n    name: a1\n    id: ${GATING_SNAP_ID}\n    presence: maybe`),
    'snap with revision 0': withRaw('snaps', `\n  -\n    name: a1\n    id: ${GATING_SNAP_ID}\n    revision: 0`),
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
    'brand of someone else': withValue('brand-id', 'acme'),
    'bad label': withValue('system-label', '2026 02'),
    'bad digest': withValue('artifact-sha3-384', 'AAAA'),
    'snap with an id alone': withRaw('snaps', `\n  -\n    name: gating\n    id: ${GATING_SNAP_ID}`),
    'snap with a revision alone': withRaw('snaps', '\n  -\n    name: gating\n    revision: 1'),
    'snap twice': withRaw('snaps', '\n  -\n    name: gating\n  -\n    name: gating'),
  }),
];

const MODELS: readonly EditedRow[] = [
  ...mandatory('model of core 16', 'architecture', 'gadget', 'kernel', 'timestamp'),
  ...rows('model of core 16', {
    'brand of someone else': withValue('brand-id', 'acme'),
    'model with a capital': withValue('model', 'Core-16'),
    'classic that is another word': withValue('classic', 'yes'),
    'gadget with a risk': withValue('gadget', 'pc=18/stable'),
    'gadget with an empty track': withValue('gadget', 'pc='),
    'kernel with a bad name': withValue('kernel', 'pc_kernel'),
    'required snap with a bad name': withRaw('required-snaps', '\n  - he_llo'),
    'required-snaps that is text': withValue('required-snaps', 'hello'),
    'base with a bad name': withValue('base', 'core_18'),
    'grade without snaps': withValue('grade', 'signed'),
    'storage-safety without snaps': withValue('storage-safety', 'encrypted'),
    'distribution without snaps': withValue('distribution', 'ubuntu'),
    'system-user-authority of another word': withValue('system-user-authority', 'all'),
    'serial-authority that is text': withValue('serial-authority', 'generic'),
    'serial-authority of a bad account': withRaw('serial-authority', '\n  - A_B'),
    'store that is a list': withRaw('store', '\n  - acme-store'),
  }),
  ...mandatory('model of core 20', 'architecture', 'base'),
  ...rows('model of core 20', {
    'gadget beside snaps': withValue('gadget', 'pc'),
    'required-snaps beside snaps': withRaw('required-snaps', '\n  - hello'),
    'unknown grade': withValue('grade', 'safe'),
    'unknown storage-safety': withValue('storage-safety', 'none'),
    'secured but not encrypted': withValue('storage-safety', 'prefer-encrypted'),
    'snaps that is text': withValue('snaps', 'pc'),
    'no gadget': replacing('type: gadget', 'type: app'),
    'no kernel': replacing('type: kernel', 'type: app'),
    'two gadgets': replacing('type: kernel', 'type: gadget'),
    'unknown snap type': replacing('type: kernel', 'type: driver'),
    'a bad channel': replacing('default-channel: 20\n', 'default-channel: 20/bad/x/y\n'),
    'a channel without a track': replacing('default-channel: 20\n', 'default-channel: stable\n'),
    'unknown mode': replacing('- ephemeral', '- sometimes'),
    'unknown presence': replacing('presence: optional', 'presence: perhaps'),
    'essential snap with presence': replacing('type: gadget', 'presence: required\n    type: gadget'),
    'snap without id': replacing(`    id: ${SNAP_IDS[0]}\n`, ''),
    'snap with a bad id': replacing(`id: ${SNAP_IDS[0]}`, 'id: short'),
    'snap twice': replacing('name: hello', 'name: pc'),
    'id twice': replacing(`id: ${SNAP_IDS[0]}`, `id: ${GATED_SNAP_ID}`),
    'base that is not well known': withValue('base', 'my-base'),
  }),
  ...rows('model of classic', {
    kernel: withValue('kernel', 'pc-kernel'),
    base: withValue('base', 'core18'),
  }),
  ...rows('model of classic with snaps', {
    'no distribution': without('distribution'),
    'bad distribution': withValue('distribution', 'Ubuntu Linux'),
  }),
];

const DEVICES: readonly EditedRow[] = [
  ...mandatory('serial', 'device-key', 'device-key-sha3-384', 'timestamp'),
  ...rows('serial', {
    'id of another key': withValue('device-key-sha3-384', 'A'.repeat(64)),
    'device-key that is no key': withValue('device-key', 'AAAA'),
    'brand of someone else': withValue('brand-id', 'acme'),
    'model with a capital': withValue('model', 'Model'),
  }),
  ...mandatory('serial-request', 'brand-id', 'model', 'request-id', 'device-key'),
  ...rows('serial-request', { 'empty request-id': withValue('request-id', '') }),
  ...mandatory('device-session-request', 'nonce', 'timestamp', 'brand-id'),
  ...rows('device-session-request', { 'a serial nobody has': withValue('serial', 'serial-9') }),
];

const OTHERS: readonly EditedRow[] = [
  ...mandatory('system-user', 'username', 'since', 'until', 'email'),
  ...rows('system-user', {
    'bad email': withValue('email', 'operator'),
    'two emails': withValue('email', 'a@b.c, d@e.f'),
    'bad username': withValue('username', 'Operator'),
    'until before since': withValue('until', '2025-01-01T00:00:00Z'),
    'more than a year without models': withValue('until', '2027-01-02T00:00:00Z'),
    'password of MD5': withValue('password', '$1$salt$hash'),
    'password without hash': withValue('password', '$6$salt'),
    'password with too few rounds': withValue('password', '$6$rounds=4999$salt$hash'),
    'password with bad characters': withValue('password', '$6$sa!lt$hash'),
    'password in clear': withValue('password', 'secret'),
    'force-password-change without password': withValue('force-password-change', 'true'),
    'serials without format 1': all(withRaw('serials', '\n  - s1'), withRaw('models', '\n  - m1')),
    'ssh-keys that is text': withValue('ssh-keys', 'ssh-rsa AAAA'),
    'brand of someone else': withValue('brand-id', 'acme'),
  }),
  ...rows('system-user of one device', { 'two models': withRaw('models', '\n  - m1\n  - m2') }),
  ...mandatory('repair', 'summary', 'timestamp', 'repair-id'),
  ...rows('repair', {
    'repair-id 0': withValue('repair-id', '0'),
    'brand of someone else': withValue('brand-id', 'acme'),
    'summary of two lines': withRaw('summary', '\n    one\n    two'),
    'disabled that is another word': withValue('disabled', 'no'),
    'unknown mode': withRaw('modes', '\n  - install'),
    'bad base': withRaw('bases', '\n  - core_20'),
    'base without modes': withRaw('bases', '\n  - core18'),
    'models that is text': withValue('models', 'my-brand/my-model'),
  }),
  ...rows('base-declaration', { 'slots that is text': withValue('slots', 'true') }),
  ...mandatory('base-declaration', 'timestamp'),
];

/** What each type wants of its own headers, broken. */
export const MALFORMED_TYPES: readonly EditedRow[] = [
  ...ACCOUNTS,
  ...SNAPS,
  ...VALIDATIONS,
  ...MODELS,
  ...DEVICES,
  ...OTHERS,
];
