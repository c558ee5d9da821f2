import { spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { cleanUp, endAfterTest, makeFolder, serverPid } from '../../../test/support/embedded-server.js';
import { query } from '../../../test/support/query.js';
import { failureOf } from '../../../test/support/refusal.js';
import { EmbeddedPostgres } from './embedded-postgres.js';
import { findNpmPackage } from './npm-binaries.js';
import { isRunning, readLockFile } from './postmaster.js';
import { serverAccount } from './server-account.js';
import { MAX_SOCKET_PATH_BYTES } from './server-folders.js';

const isRoot = process.getuid?.() === 0;

afterEach(cleanUp);

describe('one process', () => {
  it('starts a durable UTF-8 server on a private socket only, and stops it', async () => {
    const dataDir = makeFolder();
    const server = await EmbeddedPostgres.acquire(dataDir);
    expect(server.startedHere).toBe(true);
    expect(server.connection.host).toBe(join(dataDir, 'postgres-run'));
    expect(server.version).toMatch(/^\d+\.\d+/);
    const [settings] = await query(
      server.connection,
      `select current_setting('listen_addresses') as addresses, current_setting('fsync') as fsync,
         current_setting('synchronous_commit') as commit, current_setting('full_page_writes') as pages,
         current_setting('server_encoding') as encoding, 'Z' < 'a' collate "default" as by_code_point`,
    );
    expect(settings).toEqual({
      addresses: '',
      fsync: 'on',
      commit: 'on',
      pages: 'on',
      encoding: 'UTF8',
      by_code_point: true,
    });
    expect(statSync(join(dataDir, 'postgres')).mode & 0o777).toBe(0o700);
    expect(statSync(join(dataDir, 'postgres-run')).mode & 0o777).toBe(0o700);
    const pid = serverPid(dataDir);
    await server.release();
    expect(isRunning(pid)).toBe(false);
    expect(readLockFile(join(dataDir, 'postgres'))).toBeUndefined();
  });

  it.runIf(findNpmPackage())('runs the binaries of the npm package', async () => {
    const dataDir = makeFolder();
    const server = await EmbeddedPostgres.acquire(dataDir, { binaries: 'npm' });
    expect(server.version).toMatch(/^18\./);
    await server.release();
    // The data stays with the version that wrote it, even if the host's own is preferred.
    const again = await EmbeddedPostgres.acquire(dataDir);
    expect(again.version).toBe(server.version);
    await again.release();
  });

  it('uses another folder for the socket if the path is too long', async () => {
    const above = makeFolder();
    chmodSync(above, 0o711);
    const dataDir = join(above, 'x'.repeat(60), 'y'.repeat(60));
    mkdirSync(dataDir, { recursive: true });
    const first = await EmbeddedPostgres.acquire(dataDir);
    const { host } = first.connection;
    expect(host.startsWith(tmpdir())).toBe(true);
    expect(Buffer.byteLength(`${host}/.s.PGSQL.5432`)).toBeLessThanOrEqual(MAX_SOCKET_PATH_BYTES);
    expect(statSync(host).mode & 0o777).toBe(0o700);
    const second = await EmbeddedPostgres.acquire(dataDir);
    expect(second.connection).toEqual(first.connection);
    await first.release();
    await second.release();
    rmSync(host, { recursive: true });
  });

  it('refuses data of another major version', async () => {
    const dataDir = makeFolder();
    await (await EmbeddedPostgres.acquire(dataDir)).release();
    writeFileSync(join(dataDir, 'postgres/PG_VERSION'), '9\n');
    const refused = await failureOf(EmbeddedPostgres.acquire(dataDir));
    expect(refused).toMatchObject({ code: 'unsupported' });
    expect(refused.message).toMatch(
      /^cannot start the database in \S+: PostgreSQL 9 wrote its data, and no other version reads it; install PostgreSQL 9, .*; found: PostgreSQL \d+ in \//,
    );
  });

  it('names the log when a server does not start', async () => {
    const dataDir = makeFolder();
    await (await EmbeddedPostgres.acquire(dataDir)).release();
    writeFileSync(join(dataDir, 'postgres/postgresql.auto.conf'), "shared_buffers = 'plenty'\n");
    await expect(EmbeddedPostgres.acquire(dataDir)).rejects.toMatchObject({
      code: 'database-unavailable',
      message: expect.stringMatching(/^cannot start the database in \S+: .*postgres\.log\)$/) as string,
    });
  });

  it('starts despite a lock file whose process id now belongs to another program', async () => {
    const dataDir = makeFolder();
    await (await EmbeddedPostgres.acquire(dataDir)).release();
    const data = join(dataDir, 'postgres');
    const { uid, gid } = serverAccount(data);
    const other = endAfterTest(
      spawn('/bin/sleep', ['600'], { ...(isRoot ? { uid, gid } : {}), stdio: 'ignore' }),
    );
    const lock = join(data, 'postmaster.pid');
    writeFileSync(lock, `${other.pid}\n${data}\n1700000000\n5432\n${dataDir}/postgres-run\n\n  1 2\nready\n`);
    if (isRoot) chownSync(lock, uid, gid);
    chmodSync(lock, 0o600);
    const server = await EmbeddedPostgres.acquire(dataDir);
    expect(server.startedHere).toBe(true);
    await server.release();
    expect(isRunning(other.pid ?? 0)).toBe(true);
  });

  it('restarts the server when it is lost', async () => {
    const dataDir = makeFolder();
    const server = await EmbeddedPostgres.acquire(dataDir);
    await query(server.connection, 'create table kept as select 7 as seven');
    const pid = serverPid(dataDir);
    process.kill(pid, 'SIGKILL');
    const back = async () => await query(server.connection, 'select seven from kept').catch(() => undefined);
    let rows: unknown;
    while ((rows = await back()) === undefined || serverPid(dataDir) === pid) await sleep(20);
    expect(rows).toEqual([{ seven: 7 }]);
    await server.release();
    expect(readLockFile(join(dataDir, 'postgres'))).toBeUndefined();
  });
});
