import { withRaw, withValue } from './edits.js';
import { mandatory, rows, type EditedRow } from './rows.js';

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

/** Accounts, their keys and stores, broken by what their type wants; times are the same for all types. */
export const MALFORMED_ACCOUNTS: readonly EditedRow[] = [
  ...mandatory('account', 'display-name', 'validation', 'timestamp'),
  ...rows('account', {
    'empty display-name': withValue('display-name', ''),
    'empty validation': withValue('validation', ''),
    'username that is a list': withRaw('username', '\n  - new'),
  }),
  ...BAD_TIMES.map((time): EditedRow => [
    `account: timestamp ${JSON.stringify(time)}`,
    'account',
    withValue('timestamp', time),
  ]),
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

  ...mandatory('store', 'operator-id', 'timestamp'),
  ...rows('store', {
    'ftp url': withValue('url', 'ftp://store.lan'),
    'url without host': withValue('url', 'http://'),
    'url without scheme': withValue('url', 'store.lan'),
    'url with a query': withValue('url', 'http://store.lan/?a=b'),
    'url with a fragment': withValue('url', 'http://store.lan/#a'),
    'url with a bad port': withValue('url', 'http://store.lan:port'),
    'url with a space in its host': withValue('url', 'http://store lan'),
    'friendly-stores that is text': withValue('friendly-stores', 'other'),
    'location that is a list': withRaw('location', '\n  - rack'),
    'operator that is not known': withValue('operator-id', 'nobody'),
  }),
];
