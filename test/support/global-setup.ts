import 'reflect-metadata';
import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { TestProject } from 'vitest/node';
import { EmbeddedPostgres, type EmbeddedConnection } from '../../src/database/embedded/embedded-postgres.js';
import { prepareDatabase } from '../../src/database/prepare-database.js';
import type { TestServer } from './database.js';
import { ensureBuilt } from './program.js';
import { installXdelta3 } from './xdelta3.js';

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

/** This server's databases live no longer than the run; without waiting for the disk it clones many a second. */
async function forgetDurability(connection: EmbeddedConnection): Promise<void> {
  const client = new Client({ ...connection, ssl: false });
  await client.connect();
  await client.query('alter system set fsync = off');
  await client.query('select pg_reload_conf()');
  await client.end();
}

/** Starts one PostgreSQL server for the whole run, with a migrated database for test files to clone. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  ensureBuilt();
  installXdelta3();
  const folder = mkdtempSync(join(parentFolder(), 'store-test-'));
  const server = await EmbeddedPostgres.acquire(folder);
  const { host, port, user, database } = server.connection;
  await forgetDurability(server.connection);
  await prepareDatabase({ ...server.connection, tls: { mode: 'off' } });
  const testServer: TestServer = { host, port, user, template: database };
  project.provide('testServer', testServer);
  return async () => {
    await server.release();
    rmSync(folder, { recursive: true, force: true });
  };
}
