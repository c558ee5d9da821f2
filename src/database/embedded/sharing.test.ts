import { once } from 'node:events';
import { chownSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { cleanUp, leave, makeFolder, serverPid, spawnSharer } from '../../../test/support/embedded-server.js';
import { query } from '../../../test/support/query.js';
import { EmbeddedPostgres } from './embedded-postgres.js';
import { isRunning, readLockFile } from './postmaster.js';

const isRoot = process.getuid?.() === 0;
/** An account that is neither root nor shared by services: `games` on Debian. */
const OTHER = 5;

afterEach(cleanUp);

describe('several processes', () => {
  it('share one server, which the last process stops', async () => {
    const dataDir = makeFolder();
    const first = await spawnSharer(dataDir);
    const pid = serverPid(dataDir);
    const second = await EmbeddedPostgres.acquire(dataDir);
    expect([first.startedHere, second.startedHere]).toEqual([true, false]);
    expect(await leave(first)).toBe(0);
    expect(await query(second.connection, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(serverPid(dataDir)).toBe(pid);
    await second.release();
    expect(isRunning(pid)).toBe(false);
  });

  it.each(['SIGKILL', 'SIGINT'] as const)('adopt the server of a process that got %s', async (signal) => {
    const dataDir = makeFolder();
    const first = await spawnSharer(dataDir);
    const pid = serverPid(dataDir);
    // To its whole process group, as Ctrl-C in a terminal does.
    process.kill(-(first.child.pid ?? 0), signal);
    await once(first.child, 'exit');
    expect(isRunning(pid)).toBe(true);
    const second = await EmbeddedPostgres.acquire(dataDir);
    expect(second.startedHere).toBe(false);
    expect(serverPid(dataDir)).toBe(pid);
    await second.release();
    expect(isRunning(pid)).toBe(false);
  });

  it('that start at the same moment on an empty folder use the same server', async () => {
    const dataDir = makeFolder();
    const shares = await Promise.all([
      spawnSharer(dataDir),
      spawnSharer(dataDir),
      EmbeddedPostgres.acquire(dataDir),
    ]);
    const starts = await Promise.all(
      shares.map(({ connection }) => query(connection, 'select pg_postmaster_start_time()::text as at')),
    );
    expect(new Set(starts.map((rows) => rows[0]?.['at'])).size).toBe(1);
    expect(shares.filter(({ startedHere }) => startedHere)).toHaveLength(1);
    await shares[2].release();
    expect([await leave(shares[0]), await leave(shares[1])]).toEqual([0, 0]);
    expect(readLockFile(join(dataDir, 'postgres'))).toBeUndefined();
  });

  it('start and stop continuously, and none loses the server', async () => {
    const dataDir = makeFolder();
    const comeAndGo = async () => {
      for (let turn = 0; turn < 8; turn += 1) {
        const server = await EmbeddedPostgres.acquire(dataDir);
        expect(await query(server.connection, 'select 1 as one')).toEqual([{ one: 1 }]);
        await server.release();
      }
    };
    await Promise.all([comeAndGo(), comeAndGo(), comeAndGo()]);
    expect(readLockFile(join(dataDir, 'postgres'))).toBeUndefined();
  });

  it('wait for a server that recovers after all its processes died', async () => {
    const dataDir = makeFolder();
    const first = await spawnSharer(dataDir);
    await query(first.connection, 'create table kept as select 7 as seven');
    const pid = serverPid(dataDir);
    first.child.kill('SIGKILL');
    process.kill(pid, 'SIGKILL');
    const second = await EmbeddedPostgres.acquire(dataDir);
    expect(second.startedHere).toBe(true);
    expect(await query(second.connection, 'select seven from kept')).toEqual([{ seven: 7 }]);
    await second.release();
  });
});

describe('accounts', () => {
  it.runIf(isRoot)('root (this test runs only as root) runs the server as another account', async () => {
    const dataDir = makeFolder();
    const server = await EmbeddedPostgres.acquire(dataDir);
    expect(statSync(`/proc/${serverPid(dataDir)}`).uid).not.toBe(0);
    await server.release();
  });

  it.runIf(isRoot)(
    'another account (this test runs only as root, to change to it) runs it as itself',
    async () => {
      const dataDir = makeFolder();
      chownSync(dataDir, OTHER, OTHER);
      const sharer = await spawnSharer(dataDir, { uid: OTHER, gid: OTHER });
      expect(statSync(`/proc/${serverPid(dataDir)}`).uid).toBe(OTHER);
      // Root joins as the owner of the data.
      const server = await EmbeddedPostgres.acquire(dataDir);
      expect(server.startedHere).toBe(false);
      sharer.child.stdin?.end();
      await once(sharer.child, 'exit');
      await server.release();
      await (await EmbeddedPostgres.acquire(dataDir)).release();
      expect(statSync(join(dataDir, 'postgres')).uid).toBe(OTHER);
    },
  );

  it.runIf(isRoot)(
    'names the folder (this test runs only as root) that the account cannot enter',
    async () => {
      const closed = makeFolder();
      const dataDir = join(closed, 'data');
      mkdirSync(dataDir);
      await expect(EmbeddedPostgres.acquire(dataDir)).rejects.toMatchObject({
        code: 'database-unavailable',
        message: expect.stringMatching(
          `^cannot start the database in ${dataDir}: the account [-\\w]+, which it runs as, may not enter ${closed}$`,
        ) as string,
      });
    },
  );
});
