import { Client } from 'pg';
import { CATALOGUE_CHANNEL } from '../../src/catalogue/catalogue.service.js';

const NAME = `'many-' || lpad(i::text, 5, '0')`;
const ID = `rpad('many' || i || 'x', 32, 'x')`;

/** Each revision is the number 1, of a file that is not there. */
const ROWS = [
  `insert into import_job (source, kind) values ('many', 'archive')`,
  `insert into blob (sha3_384, size_bytes)
     select sha384(convert_to('many ' || i, 'UTF8')), 1000 from generate_series($1::int, $2::int) i`,
  `insert into snap (snap_id, name, publisher_id, type, title, summary, description)
     select ${ID}, ${NAME}, 'acme', 'app', 'Many', 'Summary of ' || i, '' from generate_series($1::int, $2::int) i`,
  `insert into snap_revision (snap_id, revision, sha3_384, version, type, confinement, epoch, architectures,
       snap_yaml, size_bytes, apps, created_at, import_id)
     select ${ID}, 1, sha384(convert_to('many ' || i, 'UTF8')), '1', 'app', 'strict', '{"read": [0], "write": [0]}',
       '{amd64}', '', 1000, array['app-' || i], now(), (select max(id) from import_job)
     from generate_series($1::int, $2::int) i`,
  `insert into channel_release (snap_id, architecture, track, risk, revision, released_at, import_id)
     select ${ID}, 'amd64', 'latest', 'stable', 1, now(), (select max(id) from import_job)
     from generate_series($1::int, $2::int) i`,
];

/**
 * Puts snaps numbered so into a store by their rows alone: pushing thousands of files would take longer than all
 * the other tests.
 *
 * @returns their names, in order
 */
export async function addManySnaps(databaseUrl: string, from: number, to: number): Promise<string[]> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    for (const [index, sql] of ROWS.entries()) await client.query(sql, index === 0 ? [] : [from, to]);
    await client.query('analyze');
    // Servers that keep something of the catalogue hear of it as they do of a push.
    await client.query('select pg_notify($1, $2)', [CATALOGUE_CHANNEL, '']);
  } finally {
    await client.end();
  }
  return Array.from({ length: to - from + 1 }, (_, at) => `many-${String(from + at).padStart(5, '0')}`);
}
