import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import {
  cleanUp,
  endAfterTest,
  leave,
  makeFolder,
  serverPid,
  spawnSharer,
} from '../../../test/support/embedded-server.js';
import { query } from '../../../test/support/query.js';
import { bundleForNode } from '../../../test/support/run-ts.js';
import { EMBEDDED_ROLE, OWNER_ROLE } from './access.js';
import { findBinaries } from './binaries.js';
import { EmbeddedPostgres } from './embedded-postgres.js';
import { isRunning } from './postmaster.js';
import { PROGRAM_ENVIRONMENT } from './program-environment.js';
import { serverAccount, spawnIdentity } from './server-account.js';

const isRoot = process.getuid?.() === 0;
/** `games` and `man` on Debian: accounts that are unrelated to the database. */
const OTHER = 5;
const THIRD = 6;

afterEach(cleanUp);

async function connectAs(uid: number, host: string, role: string): Promise<string> {
  const program = await bundleForNode(
    resolve(import.meta.dirname, '../../../test/support/connecting-child.ts'),
  );
  return execFileSync(process.execPath, [program, host, '5432', role], {
    uid,
    gid: uid,
    cwd: '/',
    encoding: 'utf8',
  }).trim();
}

describe('the role of the store', () => {
  it('owns its database and has no further rights: not superuser, no programs, no files, no other roles', async () => {
    const server = await EmbeddedPostgres.acquire(makeFolder());
    const [role] = await query(
      server.connection,
      `select current_user as name, rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication,
         pg_get_userbyid(datdba) as owner
       from pg_roles, pg_database where rolname = current_user and datname = current_database()`,
    );
    expect(role).toEqual({
      name: EMBEDDED_ROLE,
      rolsuper: false,
      rolcreaterole: false,
      rolcreatedb: false,
      rolbypassrls: false,
      rolreplication: false,
      owner: EMBEDDED_ROLE,
    });
    for (const statement of [
      `copy (select 1) to program 'cat'`,
      `copy pg_class to '/tmp/out'`,
      `select pg_read_file('/etc/passwd')`,
      `alter role ${EMBEDDED_ROLE} superuser`,
      `set role ${OWNER_ROLE}`,
      `create role another`,
      `create extension adminpack`,
      `select rolpassword from pg_authid`,
    ])
      await expect(query(server.connection, statement), statement).rejects.toMatchObject({
        message: expect.stringMatching(/permission denied|must be superuser|not available/) as string,
      });
    await query(server.connection, 'create extension pg_trgm');
    await server.release();
  });

  it.runIf(isRoot)('is refused to other accounts (root only), whatever the mode of the socket', async () => {
    const dataDir = makeFolder();
    const server = await EmbeddedPostgres.acquire(dataDir);
    const { host } = server.connection;
    for (const folder of [dataDir, host]) chmodSync(folder, 0o755);
    chmodSync(join(host, '.s.PGSQL.5432'), 0o777);
    for (const role of [EMBEDDED_ROLE, OWNER_ROLE])
      expect(await connectAs(OTHER, host, role)).toBe(`Peer authentication failed for user "${role}"`);
    const { uid } = serverAccount(join(dataDir, 'postgres'));
    expect(await connectAs(uid, host, EMBEDDED_ROLE)).toBe(EMBEDDED_ROLE);
    expect(await connectAs(0, host, OWNER_ROLE)).toBe(OWNER_ROLE);
    await server.release();
  });
});

/**
 * A data folder as older versions left it: everybody who reaches the socket is the superuser that owns
 * everything.
 */
async function oldServer(dataDir: string): Promise<() => Promise<void>> {
  const data = join(dataDir, 'postgres');
  const socket = join(dataDir, 'postgres-run');
  chmodSync(dataDir, 0o711);
  const account = serverAccount(data);
  const binaries = findBinaries({ account, base: dataDir });
  for (const folder of [data, socket]) {
    mkdirSync(folder, { mode: 0o700 });
    if (isRoot) chownSync(folder, account.uid, account.gid);
  }
  const as = { ...spawnIdentity(account), cwd: '/', env: PROGRAM_ENVIRONMENT };
  const words = ['-D', data, '-U', EMBEDDED_ROLE, '-A', 'trust', '-E', 'UTF8', '--locale=C', '-N'];
  execFileSync(join(binaries.folder, 'initdb'), words, { ...as, stdio: 'pipe' });
  const child = endAfterTest(
    spawn(join(binaries.folder, 'postgres'), ['-D', data, '-k', socket, '-c', 'listen_addresses='], {
      ...as,
      stdio: 'ignore',
    }),
  );
  const sql = async (database: string, statement: string) => {
    const client = new Client({ host: socket, port: 5432, user: EMBEDDED_ROLE, database, ssl: false });
    client.on('error', () => undefined);
    await client.connect();
    await client.query(statement);
    await client.end();
  };
  while (
    (await sql('postgres', 'create database snap_store_proxy').catch((error: unknown) => error)) !== undefined
  )
    await sleep(50);
  await sql(
    'snap_store_proxy',
    `create extension pg_trgm;
     create table kept (id bigint generated always as identity primary key, word text);
     create index on kept using gin (word gin_trgm_ops);
     create view words as select word from kept;
     create function seven() returns integer language sql as 'select 7';
     insert into kept (word) values ('seven')`,
  );
  return async () => {
    child.kill('SIGINT');
    await once(child, 'exit');
  };
}

async function expectMoved(server: EmbeddedPostgres): Promise<void> {
  const [facts] = await query(
    server.connection,
    `select rolsuper, (select rolname from pg_roles where oid = 10) as superuser,
       (select count(*)::integer from pg_class
        where relowner <> pg_roles.oid and relnamespace = 'public'::regnamespace) as others
     from pg_roles where rolname = current_user`,
  );
  expect(facts).toEqual({ rolsuper: false, others: 0, superuser: OWNER_ROLE });
  expect(await query(server.connection, 'select word, seven() from words')).toEqual([
    { word: 'seven', seven: 7 },
  ]);
  await query(
    server.connection,
    `alter table kept add column more text; insert into kept (word) values ('eight')`,
  );
}

describe('a database that an older version created', () => {
  it('is moved to the new roles when it starts, and keeps all data', async () => {
    const dataDir = makeFolder();
    await (
      await oldServer(dataDir)
    )();
    const server = await EmbeddedPostgres.acquire(dataDir);
    await expectMoved(server);
    expect(readFileSync(join(dataDir, 'postgres/pg_hba.conf'), 'utf8')).not.toContain('trust');
    await server.release();
    const again = await EmbeddedPostgres.acquire(dataDir);
    expect(await query(again.connection, 'select count(*)::integer from kept')).toEqual([{ count: 2 }]);
    await again.release();
  });

  it('is restarted if its server was left running', async () => {
    const dataDir = makeFolder();
    await oldServer(dataDir);
    const before = serverPid(dataDir);
    const server = await EmbeddedPostgres.acquire(dataDir);
    expect(serverPid(dataDir)).not.toBe(before);
    expect(isRunning(before)).toBe(false);
    await expectMoved(server);
    await server.release();
  });

  it('is moved even if an earlier move stopped between the roles and their rights', async () => {
    const dataDir = makeFolder();
    await (
      await oldServer(dataDir)
    )();
    const data = join(dataDir, 'postgres');
    const account = serverAccount(data);
    const { folder } = findBinaries({ account, base: dataDir });
    const statement = 'create role snap_store_proxy_mover superuser;\n\n';
    // As if it had been killed in the middle. The transaction is rolled back, so the earlier state is left.
    spawnSync(join(folder, 'postgres'), ['--single', '-j', '-D', data, 'postgres'], {
      ...spawnIdentity(account),
      cwd: '/',
      env: PROGRAM_ENVIRONMENT,
      input: `begin;\n\n${statement}`,
    });
    const server = await EmbeddedPostgres.acquire(dataDir);
    await expectMoved(server);
    await server.release();
  });
});

describe.runIf(isRoot)('files that a less trusted account puts into its folder (root only)', () => {
  /** A stopped data directory whose server another account owns. */
  async function foreign(): Promise<{ dataDir: string; lock: string; victim: string }> {
    const dataDir = makeFolder();
    chownSync(dataDir, OTHER, OTHER);
    await leave(await spawnSharer(dataDir, { uid: OTHER, gid: OTHER }));
    chownSync(dataDir, 0, 0);
    chmodSync(dataDir, 0o711);
    const victim = join(makeFolder(), 'victim');
    writeFileSync(victim, '1\nroot only\n', { mode: 0o600 });
    return { dataDir, lock: join(dataDir, 'postgres/postmaster.pid'), victim };
  }

  it.each([
    [
      'a link to a file of root',
      (lock: string, victim: string) => symlinkSync(victim, lock),
      /symbolic link/,
    ],
    ['a hard link to a file of root', (lock: string, victim: string) => linkSync(victim, lock), /hard link/],
    ['a pipe', (lock: string) => void execFileSync('mkfifo', [lock]), /not a plain file/],
    [
      'a file of a third account',
      (lock: string) => {
        writeFileSync(lock, '1\n');
        chownSync(lock, THIRD, THIRD);
      },
      /it belongs to user id 6/,
    ],
  ])('%s in place of the lock file is refused and not written to', async (_, lay, why) => {
    const { dataDir, lock, victim } = await foreign();
    lay(lock, victim);
    await expect(EmbeddedPostgres.acquire(dataDir)).rejects.toMatchObject({
      code: 'storage-failed',
      message: expect.stringMatching(why) as string,
    });
    expect(readFileSync(victim, 'utf8')).toBe('1\nroot only\n');
    rmSync(lock);
    await (await EmbeddedPostgres.acquire(dataDir)).release();
  });

  it('a link in place of the access rules is replaced, and its target is not written to', async () => {
    const { dataDir, victim } = await foreign();
    const rules = join(dataDir, 'postgres/pg_ident.conf');
    renameSync(rules, `${rules}.away`);
    symlinkSync(victim, rules);
    await expect(EmbeddedPostgres.acquire(dataDir)).rejects.toMatchObject({ code: 'storage-failed' });
    expect(readFileSync(victim, 'utf8')).toBe('1\nroot only\n');
    rmSync(rules);
    await (await EmbeddedPostgres.acquire(dataDir)).release();
    expect(readFileSync(rules, 'utf8')).toContain('"games" snap_store_proxy');
  });

  it('a socket folder of another account, named in the lock file, is not used', async () => {
    const { dataDir, lock } = await foreign();
    const trap = makeFolder();
    chownSync(trap, THIRD, THIRD);
    writeFileSync(lock, `2147483646\n${dataDir}/postgres\n1700000000\n5432\n${trap}\n\n  1 2\nready\n`, {
      mode: 0o600,
    });
    chownSync(lock, OTHER, OTHER);
    const server = await EmbeddedPostgres.acquire(dataDir);
    expect(server.connection.host).toBe(join(dataDir, 'postgres-run'));
    await server.release();
  });

  it.each(['nobody', 'postgres'])('a database of the shared account %s is not started', async (name) => {
    const line = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .find((each) => each.startsWith(`${name}:`));
    if (line === undefined) return;
    const dataDir = makeFolder();
    mkdirSync(join(dataDir, 'postgres'), { mode: 0o700 });
    chownSync(join(dataDir, 'postgres'), Number(line.split(':')[2]), 0);
    await expect(EmbeddedPostgres.acquire(dataDir)).rejects.toMatchObject({
      message: `cannot use the database in ${dataDir}/postgres: it belongs to ${name}, an account that other services use; stop the store, and run \`chown -R snap-store-proxy: ${dataDir}/postgres ${dataDir}/postgres-run\``,
    });
    expect(existsSync(join(dataDir, 'postgres/PG_VERSION'))).toBe(false);
  });

  it('a new database runs as its own account', async () => {
    const dataDir = makeFolder();
    const server = await EmbeddedPostgres.acquire(dataDir);
    const owner = execFileSync('stat', ['-c', '%U', join(dataDir, 'postgres')], { encoding: 'utf8' });
    expect(owner).toBe('snap-store-proxy\n');
    await server.release();
  });
});
