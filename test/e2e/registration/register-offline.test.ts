import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cli } from '../../support/cli.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { runPiped } from '../../support/piped-program.js';
import { run, type Outcome } from '../../support/program.js';
import { Sandbox } from '../../support/sandbox.js';

const PASSWORD = 'correct horse';

let sandbox: Sandbox;
let directory: string;
let connected: string;
let packageFile: string;
const databases: TestDatabase[] = [];

beforeAll(async () => {
  sandbox = await Sandbox.start();
  directory = mkdtempSync(join(tmpdir(), 'register-offline-'));
  packageFile = join(directory, 'offline-snap-store.tar.gz');
  connected = await machine('connected');
  expect((await on(connected, 'config', ...sandbox.settings, 'proxy.domain=gap.example')).status).toBe(0);
});
afterAll(async () => {
  await sandbox.stop();
  for (const database of databases) await database.drop();
  rmSync(directory, { recursive: true });
});

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

async function on(data: string, ...words: string[]): Promise<Outcome> {
  return await new Cli(() => data).run(...words);
}

async function machine(name: string): Promise<string> {
  const database = await createTestDatabase();
  databases.push(database);
  const data = join(directory, name);
  expect((await on(data, 'config', `proxy.db.connection=${database.url}`)).status).toBe(0);
  return data;
}

async function setting(data: string, name: string): Promise<string> {
  return (await on(data, 'config', name)).stdout.trim();
}

async function signedIn(...words: string[]): Promise<Outcome> {
  const { email, password } = sandbox.accounts.plain;
  return await run(['--data', connected, ...words], {
    SNAPSTORE_EMAIL: email,
    SNAPSTORE_PASSWORD: password,
  });
}

/** The architecture that this machine does not have. */
const OTHER_ARCH = process.arch === 'x64' ? 'arm64' : 'amd64';

/** The warning about a password on the command line. */
const WARNING = /^warning: [^\n]+ see the value of --install-password [^\n]+\n/;

describe('an offline registration', () => {
  it.each([
    [['--arch', 'amd64'], 'cannot use --arch without --offline'],
    [['--install-password', PASSWORD], 'cannot use --install-password without --offline'],
    [['--force'], 'cannot use --force without --offline'],
    [['--offline', '--arch', 'riscv64'], 'give amd64 or arm64'],
    [['--offline', '--install-password', 'seven77'], 'it has 7 bytes'],
    [['--offline', '--from', 'x'], 'cannot use other options with --from'],
    [['--offline', '--arch', OTHER_ARCH, '--node-runtime', '/nowhere'], '/nowhere'],
    [['--offline', '--channel', 'insider'], 'give stable, candidate, beta, edge'],
    [['--offline', '--output-file', '/proc/package.tar.gz'], 'cannot write /proc/package.tar.gz: E'],
    [
      ['--offline', '--output-file', '/nowhere/package.tar.gz'],
      'cannot write /nowhere/package.tar.gz: ENOENT',
    ],
  ])('is refused with %j, before it is made', async (words, says) => {
    const { status, stdout, stderr } = await signedIn('register', ...words);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr.replace(WARNING, '')).toMatch(/^error: cannot [^\n]+[^.\n]\n$/);
    expect(stderr).toContain(says);
    expect(await setting(connected, 'internal.store.id')).toBe('');
    expect(existsSync(packageFile)).toBe(false);
  });

  it('does not replace a file without --force', async () => {
    writeFileSync(packageFile, 'mine');
    const { status, stderr } = await signedIn('register', '--offline', '--output-file', packageFile);
    expect(status).toBe(1);
    expect(stderr).toBe(`error: cannot write ${packageFile}: it exists; move it away, or give --force\n`);
    expect(readFileSync(packageFile, 'utf8')).toBe('mine');
    expect(await setting(connected, 'internal.store.id')).toBe('');
    rmSync(packageFile);
  });

  it('writes a package that makes another machine this store', async () => {
    const { email, password } = sandbox.accounts.plain;
    const words = ['register', '--offline', '--channel=edge', '--arch=amd64', '--skip-questions'];
    const made = await runPiped(
      ['--data', connected, ...words, '--install-password', '--output-file', packageFile],
      `${PASSWORD}\n${email}\n${password}\n`,
    );
    expect([made.status, made.stdout], made.stderr).toEqual([
      0,
      expect.stringContaining(
        `Install package: ${packageFile} (amd64, signed with the bundle key)\nSHA-256: ${sha256(packageFile)}\n`,
      ),
    ]);
    expect(made.stdout).toContain(
      '  SNAPSTORE_BETA_PASSWORD=... sudo -E snap-store-proxy enable-airgap-mode\n',
    );
    expect(made.stdout + made.stderr).not.toContain(PASSWORD);

    const airgapped = await machine('air-gapped');
    const trusted = `proxy.trusted-assertions=${sandbox.rootFile}`;
    expect((await on(airgapped, 'config', trusted)).status).toBe(0);
    const taken = await on(airgapped, 'register', '--from', packageFile);
    expect([taken.status, taken.stderr]).toEqual([0, '']);
    const storeId = await setting(connected, 'internal.store.id');
    expect(taken.stdout).toContain(`Store URL: http://gap.example\nStore ID: ${storeId}\n`);
    const enabled = await run(['--data', airgapped, 'enable-airgap-mode'], {
      SNAPSTORE_BETA_PASSWORD: PASSWORD,
    });
    expect(enabled.status).toBe(0);
    for (const name of ['internal.store.id', 'proxy.key.private', 'proxy.key.public'])
      expect(await setting(airgapped, name), name).toBe(await setting(connected, name));
    for (const command of ['register', 'reregister']) {
      const refused = await on(airgapped, command);
      expect([refused.status, refused.stderr]).toEqual([
        1,
        expect.stringContaining(
          'error: cannot register: this store is in air-gapped mode and opens no connection',
        ),
      ]);
    }
  });

  it('is repeated after a move, with a new package', async () => {
    expect((await on(connected, 'config', 'proxy.domain=moved.example')).status).toBe(0);
    const words = ['--skip-questions', '--offline', '--force', '--json', '--output-file', packageFile];
    const { status, stdout } = await signedIn('reregister', ...words);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      'store-url': 'http://moved.example',
      'url-before': 'http://gap.example',
      package: packageFile,
      encrypted: false,
      sha256: sha256(packageFile),
      signed: true,
    });
  });
});
