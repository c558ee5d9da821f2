import type { Client } from 'pg';
import { DataSource } from 'typeorm';
import { StoreError } from '../common/errors.js';
import { connectDatabase } from './connect-database.js';
import { describeServer, type DatabaseConnection } from './database-connection.js';
import { openingFailure } from './database-failure.js';
import { ensureExtension } from './extensions.js';
import { migrationOptions } from './migration-options.js';
import { MIGRATION_NAMES, MIGRATIONS_TABLE } from './migrations.js';

/** The oldest server version with which the schema is tested, as in `server_version_num`. */
const OLDEST_SERVER_VERSION = 150_000;

/** "snap" and "mg" in ASCII. Any constant works if all processes use the same one. */
const MIGRATION_LOCK = '1936613744, 28007';

interface ServerFacts {
  readonly version: number;
  readonly versionText: string;
  readonly encoding: string;
}

/** @throws StoreError `unsupported` if a server is too old or cannot store every string */
export function checkServer(facts: ServerFacts, connection: DatabaseConnection): void {
  const refuse = (why: string): StoreError =>
    new StoreError('unsupported', `cannot use the database at ${describeServer(connection)}: ${why}`);
  if (facts.version < OLDEST_SERVER_VERSION) {
    throw refuse(`it runs PostgreSQL ${facts.versionText}, but 15 is the oldest supported version`);
  }
  if (facts.encoding !== 'UTF8') throw refuse(`its encoding is ${facts.encoding}, but must be UTF8`);
}

/**
 * Prepares a database: checks the server and runs the missing migrations, in one process at a time.
 *
 * @returns the connection to use from now on; optional TLS is decided
 * @throws StoreError `database-unavailable` if the database cannot be reached or changed; `unsupported` if it
 *   is too old, lacks an extension that the role may not create, or was prepared by a newer version of this
 *   program
 */
export async function prepareDatabase(connection: DatabaseConnection): Promise<DatabaseConnection> {
  const { client, settled } = await connectDatabase(connection);
  try {
    checkServer(await readFacts(client), settled);
    if (await hasPending(client, settled)) await migrate(client, settled);
    return settled;
  } catch (error) {
    throw openingFailure(error, settled);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function readFacts(client: Client): Promise<ServerFacts> {
  const { rows } = await client.query<ServerFacts>(
    `select current_setting('server_version_num')::integer as version,
       current_setting('server_version') as "versionText",
       (select pg_encoding_to_char(encoding) from pg_database where datname = current_database()) as encoding`,
  );
  const [facts] = rows;
  if (!facts) throw new Error('the server did not report its version');
  return facts;
}

async function hasPending(client: Client, connection: DatabaseConnection): Promise<boolean> {
  const known = new Set<string>(MIGRATION_NAMES);
  const table = await client.query<{ found: boolean }>('select to_regclass($1) is not null as found', [
    MIGRATIONS_TABLE,
  ]);
  if (table.rows[0]?.found !== true) return true;
  const { rows } = await client.query<{ name: string }>(`select name from ${MIGRATIONS_TABLE}`);
  const unknown = rows.find(({ name }) => !known.has(name));
  if (unknown) {
    throw new StoreError(
      'unsupported',
      `cannot use the database at ${describeServer(connection)}: a newer version of this program prepared it (${unknown.name})`,
    );
  }
  return rows.length < known.size;
}

async function migrate(client: Client, connection: DatabaseConnection): Promise<void> {
  await client.query(`select pg_advisory_lock(${MIGRATION_LOCK})`);
  // Another process may have run them during the wait.
  if (!(await hasPending(client, connection))) return;
  await ensureExtension(client, connection);
  const dataSource = await new DataSource(migrationOptions(connection)).initialize();
  try {
    await dataSource.runMigrations();
  } finally {
    await dataSource.destroy();
  }
}
