import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createTestDatabase } from '../support/database.js';
import { query } from '../support/query.js';
import { ROOT, sourceFiles, stringsOf } from './source.js';

/** Queries that see the tables of other rooms, and why they must. */
const EXCEPTIONS: readonly {
  readonly path: string;
  readonly tables: readonly string[];
  readonly why: string;
}[] = [
  {
    path: 'device-api/search/search-query.ts',
    tables: ['assertion', 'channel_release', 'snap', 'snap_override', 'snap_revision'],
    why: 'one index look-up finds, ranks and limits; in parts, all candidates would have to be read',
  },
  {
    path: 'device-api/search/search.repository.ts',
    tables: ['assertion', 'channel_settled', 'snap', 'snap_override', 'snap_revision'],
    why: 'the names of ten thousand snaps in one query; snap by snap it takes seconds',
  },
  {
    path: 'secrets/secret-places.ts',
    tables: ['device_model', 'operator', 'setting', 'signing_key'],
    why: 'a new key wraps every secret in one transaction: each column of secrets is listed in one place',
  },
  {
    path: 'database/store-facts.ts',
    tables: ['setting', 'snap_revision'],
    why: 'looks into a database that is not in use, perhaps of an older version, before anything opens it',
  },
];

/** Room by table, from the list in ARCHITECTURE.md. */
function ownersInArchitecture(): Map<string, string> {
  const rows = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8').matchAll(/^\| `([a-z-]+)` +\| (.+) \|$/gm);
  return new Map(
    [...rows].flatMap(([, room = '', tables = '']) =>
      [...tables.matchAll(/`([a-z_]+)`/g)].map(([, table = '']): [string, string] => [table, room]),
    ),
  );
}

/** Words of SQL that a table's name stands behind. */
const BEFORE_TABLES = 'from|join|insert into|update|lock table|vacuum full';

/** The tables that a string names: of one that is an English word as well, only behind such a word of SQL. */
function tablesIn(text: string, tables: Iterable<string>): string[] {
  if (!/\b(?:select|insert into|delete from|update \w+ set|lock table|vacuum full|from \w+ \w,)/.test(text))
    return [...tables].filter((table) => table.includes('_') && text === table);
  return [...tables].filter((table) => {
    const name = table.includes('_') ? table : `(?:${BEFORE_TABLES})\\s+${table}`;
    return new RegExp(`(?<![\\w.'-])${name}(?![\\w.'-])`).test(text);
  });
}

const owners = ownersInArchitecture();

it.each([
  ['select name from snap where snap_id = $1', ['snap']],
  ['insert into blob (sha3_384) values ($1)', ['blob']],
  ['update setting set value = $1', ['setting']],
  ['lock table store in share row exclusive mode', ['store']],
  ['exists (select from channel_release c join snap s using (snap_id))', ['channel_release', 'snap']],
  ['from snap s, jsonb_to_recordset(s.categories) entry', ['snap']],
  ['snap_delta', ['snap_delta']],
  ['cannot update snap jq: take it from store abc', []],
  ['select snap_id, store_id from $', []],
])('reads %j', (text, tables) => {
  expect(tablesIn(text, owners.keys()).toSorted()).toEqual(tables);
});

it('every table has an owner', async () => {
  const database = await createTestDatabase();
  try {
    const rows = await query<{ name: string }>(
      database.url,
      'select table_name as name from information_schema.tables where table_schema = current_schema() order by 1',
    );
    expect([...owners.keys()].toSorted()).toEqual(rows.map(({ name }) => name));
  } finally {
    await database.drop();
  }
});

it('no table is named outside the room that owns it', () => {
  const found = sourceFiles()
    .filter(({ path }) => !path.startsWith('database/migrations'))
    .flatMap((file) => {
      const named = new Set(stringsOf(file).flatMap((text) => tablesIn(text, owners.keys())));
      const foreign = [...named].filter((table) => owners.get(table) !== file.room).toSorted();
      return foreign.length === 0 ? [] : [{ path: file.path, tables: foreign }];
    });
  expect(found).toEqual(
    EXCEPTIONS.map(({ path, tables }) => ({ path, tables })).toSorted((a, b) => (a.path < b.path ? -1 : 1)),
  );
});
