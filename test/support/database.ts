import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { inject } from 'vitest';

/** The server that runs for the whole of a test run, and the migrated database in it to clone. */
export interface TestServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** A superuser, which makes databases. */
  readonly owner: string;
  readonly template: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    testServer: TestServer;
  }
}

/** PostgreSQL: somebody else is connected to the template. */
const OBJECT_IN_USE = '55006';
const RETRY_MS = 20;

/** The URL of a test's database for the superuser of the server, for what the store's role may not do. */
export function asOwner(url: string): string {
  return url.replace(/\/\/[^@]*@/, `//${inject('testServer').owner}@`);
}

/** A database of one test file: empty tables, all migrations run. */
export interface TestDatabase {
  /** libpq URL. */
  readonly url: string;
  drop(): Promise<void>;
}

async function withServer<T>(server: TestServer, work: (client: Client) => Promise<T>): Promise<T> {
  const { host, port, owner: user } = server;
  const client = new Client({ host, port, user, database: 'postgres', ssl: false });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function cloneTemplate(client: Client, name: string, template: string, owner: string): Promise<void> {
  for (;;) {
    try {
      await client.query(`create database "${name}" template "${template}" owner ${owner}`);
      return;
    } catch (error) {
      if ((error as { code?: string }).code !== OBJECT_IN_USE) throw error;
      await sleep(RETRY_MS);
    }
  }
}

async function createFrom(template: (server: TestServer) => string): Promise<TestDatabase> {
  const server = inject('testServer');
  const name = `test_${randomUUID()}`;
  await withServer(server, (client) => cloneTemplate(client, name, template(server), server.user));
  return {
    url: `postgresql://${server.user}@/${name}?host=${encodeURIComponent(server.host)}&port=${server.port}`,
    async drop() {
      await withServer(server, (client) => client.query(`drop database if exists "${name}" with (force)`));
    },
  };
}

/** Makes a migrated database on the run's server, in some tens of milliseconds. */
export async function createTestDatabase(): Promise<TestDatabase> {
  return await createFrom(({ template }) => template);
}

/** Makes a database without any table, for tests of the migrations themselves. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  return await createFrom(() => 'template1');
}
