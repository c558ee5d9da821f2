import 'reflect-metadata';
import { appendFileSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { TestProject } from 'vitest/node';
import { OWNER_ROLE } from '../../src/database/embedded/access.js';
import { EmbeddedPostgres, type EmbeddedConnection } from '../../src/database/embedded/embedded-postgres.js';
import { prepareDatabase } from '../../src/database/prepare-database.js';
import type { TestServer } from './database.js';
import { ensureBuilt } from './program.js';

const MEMORY_FOLDER = '/dev/shm';
/** Room for the server and the databases of some hundred test files; containers have less by default. */
const ENOUGH_BYTES = 2 * 1024 ** 3;

/** In memory a database is cloned in a tenth of the time. */
function parentFolder(): string {
  try {
    const { bavail, bsize } = statfsSync(MEMORY_FOLDER);
    return bavail * bsize >= ENOUGH_BYTES ? MEMORY_FOLDER : tmpdir();
  } catch {
    return tmpdir();
  }
}

/** Roles that a test makes for itself sign in with a password; the store's own are known by their account. */
const OTHER_ROLES = 'local all all scram-sha-256\n';

/** This server's databases live no longer than the run; without waiting for the disk it clones many a second. */
async function prepareServer(connection: EmbeddedConnection): Promise<void> {
  const client = new Client({ ...connection, user: OWNER_ROLE, ssl: false });
  await client.connect();
  await client.query('alter system set fsync = off');
  const { rows } = await client.query<{ hba_file: string }>('show hba_file');
  appendFileSync(rows[0]?.hba_file ?? '', OTHER_ROLES);
  await client.query('select pg_reload_conf()');
  await client.end();
}

/** Starts one PostgreSQL server for the whole run, with a migrated database for test files to clone. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  ensureBuilt();
  const folder = mkdtempSync(join(parentFolder(), 'store-test-'));
  const server = await EmbeddedPostgres.acquire(folder);
  const { host, port, user, database } = server.connection;
  await prepareServer(server.connection);
  await prepareDatabase({ ...server.connection, tls: { mode: 'off' } });
  const testServer: TestServer = { host, port, user, owner: OWNER_ROLE, template: database };
  project.provide('testServer', testServer);
  return async () => {
    await server.release();
    rmSync(folder, { recursive: true, force: true });
  };
}
