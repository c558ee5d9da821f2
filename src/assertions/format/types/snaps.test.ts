import { describe, expect, it } from 'vitest';
import { checkHeaders, typeRefusal, type Row } from '../../../../test/support/check-type.js';

const DIGEST = 'a'.repeat(64);
const SNAP_ID = 's'.repeat(32);

const GOOD = {
  'snap-declaration': `type: snap-declaration
authority-id: canonical
series: 16
snap-id: ${SNAP_ID}
snap-name: hello
publisher-id: acme
aliases:
  -
    name: hi
    target: hello
refresh-control:
  - ${SNAP_ID}
revision-authority:
  -
    account-id: acme
    provenance:
      - acme-prov
    min-revision: 2
    max-revision: 5
    on-brand:
      - acme
timestamp: 2026-01-01T00:00:00Z`,
  'snap-revision': `type: snap-revision
authority-id: canonical
snap-sha3-384: ${DIGEST}
snap-id: ${SNAP_ID}
snap-size: 4096
snap-revision: 1
developer-id: acme
integrity:
  -
    type: dm-verity
    version: 1
    hash-algorithm: sha256
    data-block-size: 4096
    hash-block-size: 4096
    digest: ${'0'.repeat(64)}
    salt: ${'f'.repeat(64)}
timestamp: 2026-01-01T00:00:00Z`,
  'snap-build': `type: snap-build
authority-id: acme
snap-sha3-384: ${DIGEST}
snap-id: ${SNAP_ID}
grade: stable
snap-size: 0
timestamp: 2026-01-01T00:00:00Z`,
  'snap-resource-revision': `type: snap-resource-revision
authority-id: canonical
snap-id: ${SNAP_ID}
resource-name: lib
resource-sha3-384: ${DIGEST}
resource-size: 4096
resource-revision: 1
developer-id: acme
timestamp: 2026-01-01T00:00:00Z`,
  'snap-resource-pair': `type: snap-resource-pair
authority-id: canonical
snap-id: ${SNAP_ID}
resource-name: lib
resource-revision: 1
snap-revision: 2
provenance: acme-prov
developer-id: acme
timestamp: 2026-01-01T00:00:00Z`,
  'snap-developer': `type: snap-developer
authority-id: acme
snap-id: ${SNAP_ID}
publisher-id: acme
developers:
  -
    developer-id: someone
    since: 2026-01-01T00:00:00Z
    until: 2026-02-01T00:00:00Z
  -
    developer-id: someone
    since: 2026-03-01T00:00:00Z
  -
    developer-id: revoked
    since: 2026-01-01T00:00:00Z
    until: 2026-01-01T00:00:00Z`,
  validation: `type: validation
authority-id: acme
series: 16
snap-id: ${SNAP_ID}
approved-snap-id: ${'t'.repeat(32)}
approved-snap-revision: 1
revoked: false
timestamp: 2026-01-01T00:00:00Z`,
};

type Name = keyof typeof GOOD;

const REFUSED: Record<Name, readonly Row[]> = {
  'snap-declaration': [
    ['no name', 'snap-name: hello\n', ''],
    ['empty publisher', 'publisher-id: acme', 'publisher-id: '],
    ['day that does not exist', '2026-01-01', '2026-02-30'],
    ['repeated alias', 'target: hello', 'target: hello\n  -\n    name: hi\n    target: a'],
    ['alias with an invalid target', 'target: hello', 'target: a--b'],
    ['refresh-control that is a string', `refresh-control:\n  - ${SNAP_ID}`, 'refresh-control: x'],
    ['provenance with a space', '- acme-prov', '- acme prov'],
    ['no provenance', '    provenance:\n      - acme-prov\n', ''],
    ['max-revision below min-revision', 'max-revision: 5', 'max-revision: 1'],
    ['invalid brand', 'on-brand:\n      - acme', 'on-brand:\n      - A'],
    ['plugs that is a string', '', 'plugs: true'],
  ],
  'snap-revision': [
    ['digest of 47 bytes', DIGEST, DIGEST.slice(1)],
    ['revision 0', 'snap-revision: 1', 'snap-revision: 0'],
    ['no size', 'snap-size: 4096\n', ''],
    ['invalid provenance', '', 'provenance: -x'],
    ['another integrity', 'dm-verity', 'dm-crypt'],
    ['another version', 'version: 1', 'version: 2'],
    ['another hash', 'sha256', 'sha512'],
    ['short salt', 'f'.repeat(64), 'f'.repeat(62)],
    ['no block size', '    hash-block-size: 4096\n', ''],
  ],
  'snap-build': [['empty grade', 'grade: stable', 'grade: ']],
  'snap-resource-revision': [
    ['invalid name', 'resource-name: lib', 'resource-name: li--b'],
    ['name of one letter', 'resource-name: lib', 'resource-name: l'],
    ['revision 0', 'resource-revision: 1', 'resource-revision: 0'],
    ['no developer', 'developer-id: acme\n', ''],
    ['negative size', 'resource-size: 4096', 'resource-size: -1'],
  ],
  'snap-resource-pair': [
    ['snap revision 0', 'snap-revision: 2', 'snap-revision: 0'],
    ['resource revision with a leading zero', 'resource-revision: 1', 'resource-revision: 01'],
    ['invalid provenance', 'acme-prov', 'acme--prov'],
  ],
  'snap-developer': [
    ['"until" before "since"', '2026-02-01', '2025-02-01'],
    ['revoked and again', 'developer-id: revoked', 'developer-id: someone'],
    ['invalid developer', 'developer-id: revoked', 'developer-id: R'],
  ],
  validation: [['another value', 'revoked: false', 'revoked: no']],
};

describe('assertions about snaps', () => {
  it.each(Object.entries(GOOD))('accepts a good %s', (_name, headers) => {
    expect(checkHeaders(headers)).toBeUndefined();
  });

  it.each(
    Object.entries(REFUSED).flatMap(([name, rows]) =>
      rows.map((row) => [name as Name, row[0], row] as const),
    ),
  )('refuses a %s: %s', (name, _what, row) =>
    expect(typeRefusal(GOOD[name], row)).toMatch(new RegExp(`^cannot decode ${name} assertion `)),
  );

  it.each<Row>([
    ['an empty name: revoked', 'snap-name: hello', 'snap-name: '],
    ['no upper limit', '    max-revision: 5\n', ''],
    ['equal limits', 'max-revision: 5', 'max-revision: 2'],
  ])('accepts a snap-declaration with %s', (...row) =>
    expect(typeRefusal(GOOD['snap-declaration'], row)).toBe(''),
  );
});
