import { expect, it } from 'vitest';
import { DEVICE_CSV_HEAD, deviceCsvLine } from './device-csv.js';

const SEEN = new Date('2026-03-01T10:00:00Z');

function line(serial: string, snapdVersion: string | null = '2.68') {
  return deviceCsvLine({
    brandId: 'brand',
    model: 'm',
    serial,
    trust: 'own',
    snapdVersion,
    firstSeenAt: SEEN,
    lastSeenAt: SEEN,
    snaps: [
      { name: 'hello', 'snap-id': 'A', revision: 1 },
      { 'snap-id': 'B', revision: 2 },
    ],
  });
}

it('starts with the names of the columns', () => {
  expect(DEVICE_CSV_HEAD).toBe('brand-id,model,serial,serial-trust,snapd-version,first-seen,last-seen,snaps');
});

it.each([
  ['sn-1', 'sn-1'],
  ['a,b', '"a,b"'],
  ['a"b', '"a""b"'],
  ['a\nb', '"a\nb"'],
  ['=1+1', "'=1+1"],
  ['-1', "'-1"],
  ['@x', "'@x"],
])('writes the serial %j as %s', (serial, written) => {
  expect(line(serial)).toBe(
    `brand,m,${written},own,2.68,2026-03-01T10:00:00.000Z,2026-03-01T10:00:00.000Z,hello=1 B=2`,
  );
});

it('leaves unknown values empty', () => {
  expect(line('s', null)).toContain('s,own,,2026');
});
