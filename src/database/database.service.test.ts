import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.js';
import { failureOf } from '../../test/support/refusal.js';
import { parseConnectionUrl } from './connection-url.js';
import { clientConfig } from './database-connection.js';
import { openingFailure } from './database-failure.js';
import { DatabaseService } from './database.service.js';
import { readLockFile } from './embedded/postmaster.js';

const UNUSED = '/nowhere';
let database: TestDatabase;

beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await database.drop();
});

describe('an external database', () => {
  it('is opened once, at the first use', async () => {
    const service = new DatabaseService({ dataDir: UNUSED, connection: database.url });
    const [first, second] = await Promise.all([service.ready(), service.ready()]);
    expect(first).toBe(second);
    expect(await first.query('select current_setting($1) as name', ['application_name'])).toEqual([
      { name: 'snap-store-proxy' },
    ]);
    expect(await first.query('select current_setting($1) as limit', ['statement_timeout'])).toEqual([
      { limit: '1min' },
    ]);
    await service.onApplicationShutdown();
    expect(first.isInitialized).toBe(false);
    await expect(service.ready()).rejects.toMatchObject({ code: 'database-unavailable' });
  });

  it('is not contacted by a service that never uses it', async () => {
    const service = new DatabaseService({ dataDir: UNUSED, connection: 'postgresql://127.0.0.1:1/store' });
    await expect(service.onApplicationShutdown()).resolves.toBeUndefined();
  });

  it.each([
    [
      'postgresql://ann:secret@127.0.0.1:1/store',
      /^cannot reach the database at 127\.0\.0\.1:1: connection refused$/,
    ],
    [
      'postgresql:///store?host=/nowhere',
      /^cannot reach the database at \/nowhere: the server's socket does not exist$/,
    ],
    [
      'postgresql://ann:secret@db.invalid/store',
      /^cannot reach the database at db\.invalid: (?:no such host|the host name cannot be looked up)$/,
    ],
  ])('that cannot be reached (%s) is reported in one line', async (url, message) => {
    const service = new DatabaseService({ dataDir: UNUSED, connection: url });
    await expect(service.ready()).rejects.toMatchObject({
      code: 'database-unavailable',
      message: expect.stringMatching(message) as string,
    });
  });

  it('that does not answer times out', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const service = new DatabaseService({
      dataDir: UNUSED,
      connection: `postgresql://127.0.0.1:${port}/store?connect_timeout=1`,
    });
    await expect(service.ready()).rejects.toMatchObject({
      code: 'database-unavailable',
      message: expect.stringMatching(`^cannot reach the database at 127.0.0.1:${port}: .*timeout`) as string,
    });
    silent.close();
  });

  it('that rejects the user gives the same message as Snap Store Proxy', async () => {
    const url = database.url.replace(/\/\/[^@]*@/, '//ann:secret@');
    const service = new DatabaseService({ dataDir: UNUSED, connection: url });
    const refused = await failureOf(service.ready());
    expect(refused).toMatchObject({ code: 'database-unavailable' });
    expect(refused.message).toMatch(
      /: Authentication error with user ann\. Check the user name and password and that the user has the LOGIN privilege$/,
    );
  });

  it('that requires a missing password gives the same message', () => {
    const connection = parseConnectionUrl('postgresql://ann@db/store');
    const error = new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string');
    expect(openingFailure(error, connection).message).toContain('Authentication error with user ann.');
  });

  it('is tried again at the next use', async () => {
    const location = { dataDir: UNUSED, connection: 'postgresql://127.0.0.1:1/store' };
    const service = new DatabaseService(location);
    await expect(service.ready()).rejects.toMatchObject({ code: 'database-unavailable' });
    location.connection = database.url;
    expect((await service.ready()).isInitialized).toBe(true);
    await service.onApplicationShutdown();
  });

  it('works again after it cut every connection', async () => {
    const service = new DatabaseService({ dataDir: UNUSED, connection: database.url });
    const dataSource = await service.ready();
    const client = new Client(clientConfig(parseConnectionUrl(database.url)));
    await client.connect();
    await client.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
    await client.end();
    const ask = () => dataSource.query('select 1 as one').catch(() => undefined);
    expect((await ask()) ?? (await ask())).toEqual([{ one: 1 }]);
    await service.onApplicationShutdown();
  });
});

describe('the embedded database', () => {
  it('is created, migrated, shared by two services and stopped by the last', async () => {
    const above = mkdtempSync(join(tmpdir(), 'service-'));
    chmodSync(above, 0o711);
    const dataDir = join(above, 'data');
    const services = [new DatabaseService({ dataDir }), new DatabaseService({ dataDir })] as const;
    expect(readdirSync(above)).toEqual([]);
    const [first, second] = await Promise.all([services[0].ready(), services[1].ready()]);
    await first.query(`insert into setting (key, value) values ('a', '"b"')`);
    expect(await second.query('select key, value from setting')).toEqual([{ key: 'a', value: 'b' }]);
    await services[0].onApplicationShutdown();
    expect(await second.query('select 1 as one')).toEqual([{ one: 1 }]);
    await services[1].onApplicationShutdown();
    expect(readLockFile(join(dataDir, 'postgres'))).toBeUndefined();
    rmSync(above, { recursive: true });
  });
});
