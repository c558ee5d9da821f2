import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findNpmPackage } from '../../../src/database/embedded/npm-binaries.js';
import { serverAccount } from '../../../src/database/embedded/server-account.js';
import { Cli } from '../../support/cli.js';
import { freePort } from '../../support/ports.js';
import { serve } from '../../support/program.js';
import { TestPublisher, writePair } from '../../support/test-snaps.js';

const DEBIAN_FOLDER = '/usr/lib/postgresql';

/** The newest complete PostgreSQL of the host, with its clients. */
function hostMajor(): string | undefined {
  if (!existsSync(DEBIAN_FOLDER)) return undefined;
  return readdirSync(DEBIAN_FOLDER)
    .toSorted((a, b) => Number(b) - Number(a))
    .find((major) =>
      ['postgres', 'pg_dump', 'pg_restore'].every((name) =>
        existsSync(join(DEBIAN_FOLDER, major, 'bin', name)),
      ),
    );
}

const major = hostMajor();
const missing =
  major === undefined ? 'the host has no PostgreSQL' : findNpmPackage() ? '' : 'no server is packaged';

const publisher = new TestPublisher();
let directory: string;
let data: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'database-upgrade-'));
  chmodSync(directory, 0o755);
  data = join(directory, 'data');
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Each command is a process of its own: the last one stops the embedded server. */
const cli = new Cli(
  () => data,
  () => ({}),
);

/** Runs a client of PostgreSQL as the store's account, the only one that the server accepts. */
function client(name: string, ...words: string[]): void {
  const { uid, gid } = serverAccount(join(data, 'postgres'));
  const program = join(DEBIAN_FOLDER, major ?? '', 'bin', name);
  const identity = process.geteuid?.() === 0 ? { uid, gid } : {};
  execFileSync(program, ['-h', join(data, 'postgres-run'), ...words], {
    ...identity,
    cwd: '/',
    stdio: 'pipe',
  });
}

// As described in docs/settings.md, "Another version of PostgreSQL".
const WITHOUT = missing && ` (skipped: ${missing})`;
it.skipIf(missing !== '')(
  `moves a store from the PostgreSQL of the machine to the packaged one${WITHOUT}`,
  async () => {
    const port = await freePort();
    await cli.done(
      'config',
      'proxy.db.embedded=host',
      'proxy.ipaddress=127.0.0.1',
      `proxy.port.http=${port}`,
    );
    await cli.done('config', `proxy.trusted-assertions=${await publisher.writeRoot(directory)}`);
    await cli.done('push-snap', await writePair(directory, publisher.snap({ name: 'carried', revision: 7 })));
    expect(await cli.done('status')).toMatch(
      new RegExp(
        `\\nDatabase server: "?PostgreSQL ${major}\\.[^\\n]* \\(embedded, installed on this machine: ${DEBIAN_FOLDER}/${major}/bin\\)`,
      ),
    );

    // The state that an upgrade from an older version of this program finds.
    await cli.done('config', 'proxy.db.embedded=packaged');
    const { status, stderr } = await cli.run('list-pushed-snaps');
    expect(status).toBe(1);
    expect(stderr).toContain(
      `PostgreSQL ${major} wrote its data, and no other version reads it; \`snap-store-proxy config proxy.db.embedded=host\` continues with PostgreSQL ${major} in ${DEBIAN_FOLDER}/${major}/bin`,
    );

    await cli.done('config', 'proxy.db.embedded=host');
    const dump = join(data, 'postgres-run', 'store.dump');
    const old = await serve(['--data', data]);
    client('pg_dump', '-U', 'snap_store_proxy', '-Fc', '-f', dump, 'snap_store_proxy');
    old.child.kill('SIGTERM');
    await old.ended;
    renameSync(join(data, 'postgres'), join(data, 'postgres-old'));
    await cli.done('config', 'proxy.db.embedded=packaged');
    const renewed = await serve(['--data', data]);
    const words = ['-U', 'snap_store_proxy_owner', '--role=snap_store_proxy', '--clean', '--if-exists'];
    client('pg_restore', ...words, '--no-owner', '--single-transaction', '-d', 'snap_store_proxy', dump);
    renewed.child.kill('SIGTERM');
    await renewed.ended;

    expect(await cli.done('list-pushed-snaps')).toMatch(/\ncarried +ubuntu +7\.0 +7 +stable /);
    expect(await cli.done('status')).toMatch(
      /\nDatabase server: PostgreSQL 18\.\S+ \(embedded, packaged with this program\)\n/,
    );
    // The role of the store owns the restored objects, so it may change them.
    await cli.done('push-snap', await writePair(directory, publisher.snap({ name: 'carried', revision: 8 })));
  },
);
