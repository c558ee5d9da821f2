import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { EmbeddedPostgres } from '../../src/database/embedded/embedded-postgres.js';
import { prepareDatabase } from '../../src/database/prepare-database.js';
import './database.js';

/** Starts one PostgreSQL server for the whole run, with a migrated database for test files to clone. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'store-test-'));
  const server = await EmbeddedPostgres.acquire(folder);
  const { host, port, user, database } = server.connection;
  await prepareDatabase({ ...server.connection, tls: { mode: 'off' } });
  project.provide('testServer', { host, port, user, template: database });
  return async () => {
    await server.release();
    rmSync(folder, { recursive: true, force: true });
  };
}
