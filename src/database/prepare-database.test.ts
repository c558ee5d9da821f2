import { DataSource } from 'typeorm';
import { afterEach, describe, expect, it } from 'vitest';
import {
  asOwner,
  createEmptyDatabase,
  createTestDatabase,
  type TestDatabase,
} from '../../test/support/database.js';
import { query } from '../../test/support/query.js';
import { parseConnectionUrl } from './connection-url.js';
import { migrationOptions } from './migration-options.js';
import { MIGRATION_NAMES } from './migrations.js';
import { checkServer, prepareDatabase } from './prepare-database.js';

let database: TestDatabase | undefined;

afterEach(async () => {
  await database?.drop();
  database = undefined;
});

const TABLES = `select count(*)::integer as count from information_schema.tables where table_schema = 'public'`;

describe('prepareDatabase', () => {
  it('runs every migration once, even when several processes start together', async () => {
    const { url } = (database = await createEmptyDatabase());
    await Promise.all(Array.from({ length: 5 }, () => prepareDatabase(parseConnectionUrl(url))));
    expect(
      (await query(url, 'select name from schema_migration order by id')).map(({ name }) => name),
    ).toEqual(MIGRATION_NAMES);
  });

  it('does not change a prepared database', async () => {
    const { url } = (database = await createTestDatabase());
    const before = await query(url, TABLES);
    await prepareDatabase(parseConnectionUrl(url));
    expect(await query(url, TABLES)).toEqual(before);
  });

  it('refuses a database that a newer version prepared', async () => {
    const { url } = (database = await createTestDatabase());
    await query(url, `insert into schema_migration (timestamp, name) values (9999999999999, 'Later')`);
    await expect(prepareDatabase(parseConnectionUrl(url))).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringMatching(
        /^cannot use the database at \S+: a newer version .* \(Later\)$/,
      ) as string,
    });
  });

  it('tells what an administrator must do if the role may not create the extension, and changes nothing', async () => {
    const { url } = (database = await createEmptyDatabase());
    const name = parseConnectionUrl(url).database ?? '';
    const role = `limited_${name.slice(-12)}`;
    await query(asOwner(url), `create role ${role} login password 'limited'`);
    try {
      await query(url, `grant create on schema public to ${role}`);
      const limited = url.replace(/\/\/[^@]*@/, `//${role}:limited@`);
      await expect(prepareDatabase(parseConnectionUrl(limited))).rejects.toMatchObject({
        code: 'unsupported',
        message: expect.stringMatching(
          `^cannot prepare the database at \\S+: role ${role} may not create the extension pg_trgm: let an administrator run CREATE EXTENSION pg_trgm in database ${name}, or `,
        ) as string,
      });
      expect(await query(url, TABLES)).toEqual([{ count: 0 }]);
      await query(url, 'create extension pg_trgm');
      await prepareDatabase(parseConnectionUrl(limited));
    } finally {
      await query(asOwner(url), `drop owned by ${role}`);
      await query(asOwner(url), `drop role ${role}`);
    }
  });

  it('drops everything on the way down, and can migrate up again', async () => {
    const { url } = (database = await createTestDatabase());
    const dataSource = await new DataSource(migrationOptions(parseConnectionUrl(url))).initialize();
    for (const _ of MIGRATION_NAMES) await dataSource.undoLastMigration();
    expect(await query(url, TABLES)).toEqual([{ count: 1 }]);
    await dataSource.runMigrations();
    await dataSource.destroy();
  });
});

describe('checkServer', () => {
  const connection = parseConnectionUrl('postgresql://db/store');
  const check = (version: number, encoding = 'UTF8') => {
    checkServer({ version, versionText: '14.9', encoding }, connection);
  };

  it.each([150_000, 150_018, 180_004])('accepts version %d', (version) =>
    expect(() => check(version)).not.toThrow(),
  );

  it.each([149_999, 140_009, 90_600])('refuses version %d', (version) =>
    expect(() => check(version)).toThrow(
      'cannot use the database at db: it runs PostgreSQL 14.9, but 15 is the oldest supported version',
    ),
  );

  it('refuses an encoding that cannot store every string', () =>
    expect(() => check(150_000, 'SQL_ASCII')).toThrow(
      'cannot use the database at db: its encoding is SQL_ASCII, but must be UTF8',
    ));
});

describe('the schema', () => {
  const SNAP = `insert into snap (snap_id, name, publisher_id, type, title, summary, description)`;

  it.each([
    [
      'a negative assertion revision',
      `insert into assertion values ('t', '{k}', -1, 0, null, 's', null, null, '')`,
      'assertion_assertion_revision_check',
    ],
    [
      'a digest of 47 bytes',
      `insert into blob values (decode(repeat('00', 47), 'hex'), 1)`,
      'blob_sha3_384_check',
    ],
    [
      'a digest of 49 bytes',
      `insert into blob values (decode(repeat('00', 49), 'hex'), 1)`,
      'blob_sha3_384_check',
    ],
    [
      'an empty file',
      `insert into blob values (decode(repeat('00', 48), 'hex'), 0)`,
      'blob_size_bytes_check',
    ],
    [
      'two snaps with one name',
      `${SNAP} values ('a', 'jq', '', '', '', '', ''), ('b', 'jq', '', '', '', '', '')`,
      'snap_name_key',
    ],
    [
      'a release of an unknown snap',
      `insert into channel_release (snap_id, architecture, track, risk, released_at) values ('a', 'amd64', 'latest', 'stable', now())`,
      'channel_release_snap_id_fkey',
    ],
    [
      'an unknown risk',
      `insert into channel_release (snap_id, architecture, track, risk, released_at) values ('a', 'amd64', 'latest', 'risky', now())`,
      'channel_release_risk_check',
    ],
  ])('refuses %s', async (_, sql, constraint) => {
    const { url } = (database = await createTestDatabase());
    await expect(query(url, sql)).rejects.toMatchObject({ constraint });
  });

  it('accepts any number of snaps without a name, and shows the newest release of a channel', async () => {
    const { url } = (database = await createTestDatabase());
    await query(url, `${SNAP} values ('a', '', '', '', '', '', ''), ('b', '', '', '', '', '', '')`);
    const release = (risk: string, at: string) =>
      query(
        url,
        `insert into channel_release (snap_id, architecture, track, risk, released_at) values ('a', 'amd64', 'latest', '${risk}', '${at}')`,
      );
    await release('stable', '2026-02-02T00:00:00Z');
    await release('edge', '2026-01-01T00:00:00Z');
    await release('stable', '2025-01-01T00:00:00Z');
    const current = await query(url, 'select id, risk from channel_current order by risk');
    expect(current).toEqual([
      { id: '2', risk: 'edge' },
      { id: '3', risk: 'stable' },
    ]);
  });
});
