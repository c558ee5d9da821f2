import type { KnownDevice } from './devices.repository.js';

/** What makes a spreadsheet take a text for a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/** RFC 4180, section 2; a text that a spreadsheet would calculate gets an apostrophe before it. */
function csvField(text: string): string {
  const harmless = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

const HEAD = [
  'brand-id',
  'model',
  'serial',
  'serial-trust',
  'snapd-version',
  'first-seen',
  'last-seen',
  'snaps',
];

/** The devices as lines of CSV, a head first; snaps are `NAME=REVISION`, or the snap-id of what the store has not. */
export function deviceCsvLines(devices: readonly KnownDevice[]): string[] {
  const rows = devices.map(
    ({ brandId, model, serial, trust, snapdVersion, firstSeenAt, lastSeenAt, snaps }) => [
      brandId,
      model,
      serial,
      trust,
      snapdVersion ?? '',
      firstSeenAt.toISOString(),
      lastSeenAt.toISOString(),
      (snaps ?? []).map(({ name, 'snap-id': snapId, revision }) => `${name ?? snapId}=${revision}`).join(' '),
    ],
  );
  return [HEAD, ...rows].map((row) => row.map(csvField).join(','));
}
