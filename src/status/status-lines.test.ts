import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { MAX_LISTED, statusJson, statusLines } from './status-lines.js';
import type { Status } from './status.service.js';

const STORED = {
  storeId: 'acme-store',
  storeUrl: 'http://store.example:8080',
  mode: 'air-gapped',
  httpsPort: 443,
  counts: { snaps: 1, revisions: 2, components: 7, assertions: 3, blobBytes: 4, deltas: 5, deltaBytes: 6 },
  noDeltas: undefined,
  needsSignature: true,
  managementInClear: false,
  imported: { stores: ['acme-store'], accountKeys: [{ id: 'KEY_1-x', accountId: 'acme' }] },
} as const;
const STATUS: Status = {
  dataDirectory: '/var/lib/x',
  freeBytes: 5,
  database: 'ok',
  stored: STORED,
  services: [
    { name: 'http', reason: undefined },
    { name: 'https', reason: 'nothing listens at 127.0.0.1 port 443' },
    { name: 'database', reason: undefined },
  ],
};

it('prints the lines that scripts look for', () =>
  expect(statusLines(STATUS)).toEqual([
    'Store URL: http://store.example:8080',
    'Store DB: ok',
    'Store ID: acme-store',
    'Mode:',
    '  Store is in air-gapped mode',
    'Internal Service Status:',
    '  http: running',
    '  https: "not running: nothing listens at 127.0.0.1 port 443"',
    '  database: running',
    'Data directory: /var/lib/x',
    'Storage free bytes: 5',
    'Snaps: 1',
    'Snap revisions: 2',
    'Component revisions: 7',
    'Assertions: 3',
    'Stored bytes: 4',
    'Deltas: 5 (6 bytes)',
    'Bundles: only with the signature of a trusted key',
    'Stores:',
    '  - acme-store',
    'Account keys:',
    '  - KEY_1-x (acme)',
  ]));

describe('as YAML', () => {
  const read = (status: Partial<Status>) =>
    parse(statusLines({ ...STATUS, ...status }).join('\n')) as unknown;

  it('shows the same values', () =>
    expect(read({})).toMatchObject({
      'Store ID': 'acme-store',
      Mode: 'Store is in air-gapped mode',
      'Internal Service Status': {
        http: 'running',
        https: 'not running: nothing listens at 127.0.0.1 port 443',
      },
      'Account keys': ['KEY_1-x (acme)'],
    }));

  it('shows why no deltas are made', () => {
    const stored = { ...STORED, noDeltas: 'the program xdelta3 is not installed' };
    const deltas = '5 (6 bytes); none are made: the program xdelta3 is not installed';
    expect(read({ stored })).toMatchObject({ Deltas: deltas });
    expect(statusJson({ ...STATUS, stored })).toMatchObject({
      deltas: { count: 5, bytes: 6, made: false, reason: stored.noDeltas },
    });
    expect(statusJson(STATUS)).toMatchObject({ deltas: { count: 5, bytes: 6, made: true } });
  });

  it('shows the mode of a connected store as one word', () =>
    expect(read({ stored: { ...STORED, mode: 'online' } })).toMatchObject({ Mode: 'online' }));

  it.each([
    '# a: b',
    'a: b\n- c',
    '"',
    "it's",
    '{',
    '12',
    'true',
    '',
    '- x',
    'a #b',
    `x${'y '.repeat(500)}z: w`,
  ])('is valid YAML with %j in a value', (text) => {
    const shown = text.replace(/\s+/g, ' ');
    const services = [{ name: 'http', reason: text } as const];
    expect(read({ database: text, dataDirectory: text, services })).toMatchObject({
      'Store DB': shown,
      'Data directory': shown,
      'Internal Service Status': { http: `not running: ${shown}` },
    });
  });

  it('is valid YAML if the database is unreachable', () =>
    expect(
      read({ database: 'cannot reach the database at x: y', stored: undefined, freeBytes: undefined }),
    ).toEqual({
      'Store URL': 'unknown',
      'Store DB': 'cannot reach the database at x: y',
      'Store ID': 'unknown',
      Mode: 'unknown',
      'Internal Service Status': expect.anything() as unknown,
      'Data directory': '/var/lib/x',
    }));

  it.each([
    [MAX_LISTED, MAX_LISTED, 'KEY49 (acme)'],
    [MAX_LISTED + 1, MAX_LISTED + 1, 'and 1 more'],
  ])('of %d account-keys lists %d lines', (count, lines, last) => {
    const accountKeys = Array.from({ length: count }, (_, index) => ({
      id: `KEY${index}`,
      accountId: 'acme',
    }));
    const imported = { ...STORED.imported, accountKeys };
    const listed = (read({ stored: { ...STORED, imported } }) as Record<string, string[]>)['Account keys'];
    expect([listed?.length, listed?.at(-1)]).toEqual([lines, last]);
    expect(statusJson({ ...STATUS, stored: { ...STORED, imported } })).toMatchObject({
      'account-keys': accountKeys.map(({ id, accountId }) => ({ id, 'account-id': accountId })),
    });
  });
});
