import type { ListedDevice } from './devices.service.js';

/** The characters that make a spreadsheet read a string as a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/** A field as in RFC 4180, section 2. A string that a spreadsheet would evaluate gets an apostrophe in front. */
function csvField(text: string): string {
  const harmless = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

type CsvDevice = Pick<
  ListedDevice,
  'brandId' | 'model' | 'serial' | 'trust' | 'snapdVersion' | 'firstSeenAt' | 'lastSeenAt' | 'snaps'
>;

/** The header. */
export const DEVICE_CSV_HEAD = [
  'brand-id',
  'model',
  'serial',
  'serial-trust',
  'snapd-version',
  'first-seen',
  'last-seen',
  'snaps',
].join(',');

/** A device as a line of CSV. Snaps are `NAME=REVISION`, with the snap-id if the store has no such snap. */
export function deviceCsvLine(device: CsvDevice): string {
  const { brandId, model, serial, trust, snapdVersion, firstSeenAt, lastSeenAt, snaps } = device;
  return [
    brandId,
    model,
    serial,
    trust,
    snapdVersion ?? '',
    firstSeenAt.toISOString(),
    lastSeenAt.toISOString(),
    (snaps ?? []).map(({ name, 'snap-id': snapId, revision }) => `${name ?? snapId}=${revision}`).join(' '),
  ]
    .map(csvField)
    .join(',');
}
