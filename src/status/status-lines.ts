import { stringify } from 'yaml';
import { shownDate } from '../common/crypto/certificates.js';
import { sizeText } from '../common/terminal/size-text.js';
import type { DatabaseOrigin } from '../database/database.service.js';
import type { ServiceStatus, Status } from './status.service.js';
import type { StoreCounts } from './store-counts.js';

/** Number of account-keys that the lines name; the JSON names all. */
export const MAX_LISTED = 50;

/** Puts a string on one line, quoted if YAML would read it as something else. */
function scalar(text: string): string {
  return stringify(text.replace(/\s+/g, ' '), { lineWidth: 0, schema: 'core' }).trimEnd();
}

function list(name: string, texts: readonly string[]): string[] {
  if (texts.length === 0) return [`${name}: []`];
  const more = texts.length - MAX_LISTED;
  const shown = more > 0 ? [...texts.slice(0, MAX_LISTED), `and ${more} more`] : texts;
  return [`${name}:`, ...shown.map((text) => `  - ${scalar(text)}`)];
}

function serviceLine({ name, reason }: ServiceStatus): string {
  return `  ${name}: ${reason === undefined ? 'running' : scalar(`not running: ${reason}`)}`;
}

function deltasText(
  { deltas, deltaBytes }: StoreCounts,
  noDeltas: string | undefined,
  people: boolean,
): string {
  const size = people ? sizeText(deltaBytes) : `${deltaBytes} bytes`;
  return `${deltas} (${size})${noDeltas === undefined ? '' : `; none are made: ${noDeltas}`}`;
}

function bundlesText(needsSignature: boolean): string {
  return needsSignature ? 'only with the signature of a trusted key' : 'also without a signature';
}

function serverText(server: DatabaseOrigin): string {
  const { kind, version } = server;
  if (kind === 'external') return `PostgreSQL ${version} at ${server.host} (proxy.db.connection)`;
  if (kind === 'packaged') return `PostgreSQL ${version} (embedded, packaged with this program)`;
  return `PostgreSQL ${version} (embedded, installed on this machine: ${server.programs ?? 'its folder is not known'})`;
}

const DAY_MS = 86_400_000;

function certificateText(until: Date, now: Date): string {
  const days = Math.floor((until.getTime() - now.getTime()) / DAY_MS);
  if (days < 0) return `expired at ${shownDate(until)}`;
  return `valid until ${shownDate(until)} (${days === 1 ? '1 day' : `${days} days`})`;
}

/** A line with a size. For programs, the size is in bytes and the name says so. */
function sizeLine(name: string, bytes: number, people: boolean): string {
  return people ? `${name}: ${sizeText(bytes)}` : `${name} bytes: ${bytes}`;
}

/**
 * Formats the status in the lines of the original, because scripts look for them. Together they are YAML,
 * because other scripts parse them. The sentence about air-gapped mode has a line of its own.
 *
 * @param people - whether to print sizes in units such as MB
 */
export function statusLines(status: Status, people = false, now = new Date()): string[] {
  const { dataDirectory, freeBytes, database, stored, services, version } = status;
  const { storeId, storeUrl, mode, counts, imported, noDeltas } = stored ?? {};
  // These values are in the database. If it is unreachable, they are unknown; the store may be registered.
  const missing = stored ? 'not registered' : 'unknown';
  return [
    `Store URL: ${scalar(storeUrl ?? missing)}`,
    `Store DB: ${scalar(database)}`,
    `Store ID: ${scalar(storeId ?? missing)}`,
    ...(mode === 'air-gapped' ? ['Mode:', '  Store is in air-gapped mode'] : []),
    ...(mode === 'air-gapped' ? [] : [`Mode: ${mode ?? 'unknown'}`]),
    'Internal Service Status:',
    ...services.map(serviceLine),
    ...(version === undefined ? [] : [`Version: ${scalar(version)}`]),
    ...(stored?.server ? [`Database server: ${scalar(serverText(stored.server))}`] : []),
    ...(stored?.certificateUntil
      ? [`Certificate: ${scalar(certificateText(stored.certificateUntil, now))}`]
      : []),
    `Data directory: ${scalar(dataDirectory)}`,
    ...(freeBytes === undefined ? [] : [sizeLine('Storage free', freeBytes, people)]),
    ...(counts
      ? [
          `Snaps: ${counts.snaps}`,
          `Snap revisions: ${counts.revisions}`,
          `Component revisions: ${counts.components}`,
          `Assertions: ${counts.assertions}`,
          sizeLine('Stored', counts.blobBytes, people),
          `Deltas: ${scalar(deltasText(counts, noDeltas, people))}`,
        ]
      : []),
    ...(stored ? [`Bundles: ${bundlesText(stored.needsSignature)}`] : []),
    ...(stored?.managementInClear
      ? ['Management: the password is also accepted over plain HTTP from other machines']
      : []),
    ...(imported
      ? [
          ...list('Stores', imported.stores),
          ...list(
            'Account keys',
            imported.accountKeys.map(({ id, accountId }) => `${id} (${accountId})`),
          ),
        ]
      : []),
  ];
}

/** The status as `--json` prints it. */
export function statusJson(status: Status): object {
  const { dataDirectory, freeBytes, database, stored, services, version } = status;
  const { counts, imported } = stored ?? {};
  return {
    'data-directory': dataDirectory,
    'free-bytes': freeBytes ?? null,
    database,
    'store-id': stored?.storeId ?? null,
    'store-url': stored?.storeUrl ?? null,
    mode: stored?.mode ?? null,
    ...(version !== undefined && { version }),
    ...(stored?.server && { 'database-server': stored.server }),
    ...(stored?.certificateUntil && { 'certificate-valid-until': shownDate(stored.certificateUntil) }),
    'bundle-signature-required': stored?.needsSignature ?? null,
    'management-over-plain-http': stored?.managementInClear ?? null,
    services: Object.fromEntries(
      services.map(({ name, reason }) => [
        name,
        reason === undefined ? { running: true } : { running: false, reason },
      ]),
    ),
    ...(counts && {
      snaps: counts.snaps,
      'snap-revisions': counts.revisions,
      'component-revisions': counts.components,
      assertions: counts.assertions,
      'stored-bytes': counts.blobBytes,
      deltas: {
        count: counts.deltas,
        bytes: counts.deltaBytes,
        made: stored?.noDeltas === undefined,
        ...(stored?.noDeltas !== undefined && { reason: stored.noDeltas }),
      },
    }),
    ...(imported && {
      stores: imported.stores,
      'account-keys': imported.accountKeys.map(({ id, accountId }) => ({ id, 'account-id': accountId })),
    }),
  };
}
