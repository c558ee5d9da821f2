import { Client } from 'pg';
import { EmbeddedPostgres } from '../../src/database/embedded/embedded-postgres.js';
import { PUBLISHER_ID, type TestPublisher } from '../support/test-snaps.js';
import { EXTRA_YAML } from './world.js';

/** How a row's number becomes a snap-id, in SQL and here. */
const SNAP_ID_SQL = `rpad('bench' || i || 'x', 32, 'x')`;

export function rowSnapId(number: number): string {
  return `bench${number}x`.padEnd(32, 'x');
}

/** Each revision is the number 1. Parameters: snaps wanted, publisher, snap.yaml with NAME in it. */
const ROWS = [
  `insert into blob (sha3_384, size_bytes)
     select sha384(convert_to('snap ' || i, 'UTF8')), 1000000 from generate_series(1, $1::int) i where $2::text is not null and $3::text is not null`,
  `insert into snap (snap_id, name, publisher_id, type, title, summary, description, license)
     select ${SNAP_ID_SQL}, 'bench-' || i, $2, 'app', 'Bench ' || i, 'Summary of bench ' || i,
       repeat('What bench ' || i || ' is good for, in some words. ', 10), 'MIT'
     from generate_series(1, $1::int) i where $3::text is not null`,
  `insert into snap_revision (snap_id, revision, sha3_384, version, type, base, confinement, epoch, architectures,
       snap_yaml, size_bytes, created_at, import_id)
     select ${SNAP_ID_SQL}, 1, sha384(convert_to('snap ' || i, 'UTF8')), '1.' || i, 'app', 'core24', 'strict',
       '{"read": [0], "write": [0]}', '{amd64}', replace($3, 'NAME', 'bench-' || i), 1000000, now(),
       (select max(id) from import_job)
     from generate_series(1, $1::int) i where $2::text is not null`,
  `insert into channel_release (snap_id, architecture, track, risk, revision, released_at, import_id)
     select ${SNAP_ID_SQL}, 'amd64', 'latest', risk, 1, now(), (select max(id) from import_job)
     from generate_series(1, $1::int) i, unnest('{stable,candidate}'::text[]) risk
     where $2::text is not null and $3::text is not null`,
];

const ASSERTION = `insert into assertion (type, primary_key, assertion_revision, format, authority_id, sign_key_id, bytes)`;

/** One signed pair, its bytes copied to every snap: a refresh does not read them, but the table is as large as in life. */
const ASSERTION_ROWS = [
  `${ASSERTION} select 'snap-declaration', array['16', ${SNAP_ID_SQL}], 0, 0, $3, $4, $2 from generate_series(1, $1::int) i`,
  `${ASSERTION} select 'snap-revision', array[encode(sha384(convert_to('snap ' || i, 'UTF8')), 'base64'), 'global-upload'],
     0, 0, $3, $4, $2 from generate_series(1, $1::int) i`,
];

/**
 * Puts snaps into a store that no server or command uses. The rows are made directly, by SQL: pushing
 * thousands of real snaps would take longer than all else, and the files are not asked for.
 */
export async function fillCatalogue(dataDir: string, snaps: number, publisher: TestPublisher): Promise<void> {
  const server = await EmbeddedPostgres.acquire(dataDir);
  const client = new Client({ ...server.connection, ssl: false });
  await client.connect();
  try {
    const sample = publisher.snap({ name: 'sample', revision: 1 });
    const yaml = `name: NAME\nversion: "1"\nsummary: Summary\ndescription: Description\nbase: core24\n${EXTRA_YAML}`;
    const { account } = publisher;
    await client.query(`insert into import_job (source, kind) values ('bench', 'archive')`);
    for (const sql of ROWS) await client.query(sql, [snaps, PUBLISHER_ID, yaml]);
    await client.query(`${ASSERTION} values ('account', array[$1], 0, 0, $2, $3, $4)`, [
      PUBLISHER_ID,
      account.authorityId,
      account.signKeyId,
      account.bytes,
    ]);
    const signed = [sample.declaration, sample.snapRevision];
    for (const [index, one] of signed.entries())
      await client.query(ASSERTION_ROWS[index] ?? '', [snaps, one.bytes, one.authorityId, one.signKeyId]);
    await client.query('analyze');
  } finally {
    await client.end();
    await server.release();
  }
}

/** As many words as texts have that are not alike; the first ones are in most descriptions, the last in few. */
const WORDS = ['ra', 'mo', 'ti', 'lu', 'ke', 'sa', 'vo', 'ni'].flatMap((first) =>
  ['ban', 'der', 'fil', 'gos', 'hum', 'wex', 'jor', 'cal', 'pim', 'zut'].flatMap((second) =>
    ['ta', 're', 'mi', 'so', 'que'].flatMap((third) =>
      ['l', 'n', 'k', 'd', 'st'].map((end) => first + second + third + end),
    ),
  ),
);

const SOME_WORDS = (count: number, salt: string) =>
  `(select string_agg(($1::text[])[1 + floor(power(('x' || left(md5(s.name || '${salt}' || n), 4))::bit(16)::int / 65536.0, 2) * ${WORDS.length})::int], ' ')
    from generate_series(1, ${count}) n)`;

/**
 * Gives the snaps of a filled catalogue texts that differ.
 *
 * @returns the words in them
 */
export async function describeCatalogue(dataDir: string): Promise<readonly string[]> {
  const server = await EmbeddedPostgres.acquire(dataDir);
  const client = new Client({ ...server.connection, ssl: false });
  await client.connect();
  try {
    await client.query(
      `update snap s set title = ${SOME_WORDS(2, 'title')}, summary = ${SOME_WORDS(7, 'summary')},
         description = ${SOME_WORDS(60, 'description')}`,
      [WORDS],
    );
    await client.query('vacuum analyze snap');
  } finally {
    await client.end();
    await server.release();
  }
  return WORDS;
}
