import { spawn, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { BareMachine } from '../package/bare-machine.js';
import { SnapdDevice } from '../snapd/device.js';
import { createEmptyDatabase, type TestDatabase } from '../support/database.js';
import { collect, PROGRAM, type Outcome } from '../support/program.js';
import { Sandbox } from '../support/sandbox.js';
import { pagePaths, readBlocks } from './page.js';

const DOMAIN = '127.0.0.1';
const STORE_URL = `http://${DOMAIN}`;
const SOCKETS = '/run/postgresql';
const UNPACKED = '/root';

/** Values that the page's reader knows. */
const ENVIRONMENT = {
  SNAPSTORE_BETA_PASSWORD: 'not needed by a package without an install password',
  PROXY_ACCESS_PASSWORD: 'correct-horse-battery',
};

/** The connected machine: this one, with the program under both of its names. */
class ConnectedMachine {
  readonly folder = mkdtempSync(join(tmpdir(), 'connected-'));
  readonly dataDir = join(this.folder, 'data');

  constructor() {
    chmodSync(this.folder, 0o755);
    mkdirSync(join(this.folder, 'bin'));
    for (const name of ['snap-store-proxy', 'snap-proxy'])
      writeFileSync(
        join(this.folder, 'bin', name),
        `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`,
        { mode: 0o755 },
      );
  }

  /** @param answers - the answers to prompts, one line each */
  async run(script: string, answers: readonly string[] = []): Promise<Outcome> {
    const child = spawn('bash', ['-euc', script], {
      cwd: this.folder,
      env: {
        ...process.env,
        PATH: `${join(this.folder, 'bin')}:${process.env['PATH'] ?? ''}`,
        SNAP_STORE_PROXY_DATA: this.dataDir,
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdin.end(answers.map((line) => `${line}\n`).join(''));
    return await collect(child);
  }
}

function checked(outcome: Outcome): string {
  expect(outcome, outcome.stderr).toMatchObject({ status: 0 });
  return outcome.stdout;
}

async function untilWell(url: string, server: ChildProcess): Promise<void> {
  while (server.exitCode === null) {
    const status = await fetch(`${url}/_status/check`).then(
      (response) => response.status,
      () => 0,
    );
    if (status === 200) return;
    await sleep(200);
  }
  throw new Error('the store ended before it was well');
}

const [page = '', ...others] = pagePaths();
const blocks = readBlocks(page, DOMAIN);

/** The lines of a page that call the program, or unpack and install it. */
function commandsOf(path: string): string[] {
  const lines = readBlocks(path, DOMAIN).flatMap(({ script }) => script.split('\n'));
  return lines
    .filter((line) => /^(?!#).*(?:snap-(?:store-)?proxy|install\.sh)/.test(line))
    .map((line) => SAFER_FORMS.find(([safer]) => safer === line)?.[1] ?? line);
}

/**
 * Intended differences between this project's page and the first page: secrets are not on the command line, and files
 * have their real names. The order of fetching and installing is not compared.
 */
const SAFER_FORMS: readonly (readonly [ours: string, first: string])[] = [
  [
    'snap-store-proxy fetch-snaps jq --channel=stable --architecture=amd64 --export-dir=to-carry',
    'snap-store-proxy fetch-snaps jq --channel=stable --architecture=amd64',
  ],
  ['snap-store-proxy push-snap to-carry', 'snap-store-proxy push-snap jq.tar.gz'],
  [
    `printf '%s' "$POSTGRESQL_CONN_STRING" | snap-store-proxy config proxy.db.connection=-`,
    'snap-store-proxy config proxy.db.connection="$POSTGRESQL_CONN_STRING"',
  ],
  [
    `printf '%s' "$PROXY_ACCESS_PASSWORD" | snap-store-proxy enable-airgap-mode --password -`,
    'SNAPSTORE_BETA_PASSWORD="$SNAPSTORE_BETA_PASSWORD" snap-store-proxy enable-airgap-mode --password $PROXY_ACCESS_PASSWORD',
  ],
];

/** Finds the page's block that contains a command. */
function block(command: string): string {
  const found = blocks.filter(({ script }) => script.includes(command));
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} blocks with ${command} on the page`);
  return found[0].script;
}

// The page from top to bottom; each step continues from the previous one.
describe(`the page ${page.split('/').slice(-2).join('/')}`, () => {
  let sandbox: Sandbox;
  let connected: ConnectedMachine;
  let airGapped: BareMachine;
  let database: TestDatabase;
  let server: ChildProcess | undefined;
  let device: SnapdDevice | undefined;
  let packageSha256: string;

  beforeAll(async () => {
    sandbox = await Sandbox.start();
    connected = new ConnectedMachine();
    database = await createEmptyDatabase();
    airGapped = new BareMachine({
      // The page's script begins with #!/bin/bash.
      programs: ['bash'],
      network: 'shared',
      mounts: [[inject('testServer').host, SOCKETS]],
    });
    // The sandbox replaces the official store.
    checked(
      await connected.run(`snap-store-proxy config ${sandbox.settings.map((word) => `'${word}'`).join(' ')}`),
    );
  });

  afterAll(async () => {
    await device?.stop();
    server?.kill('SIGKILL');
    if (server?.exitCode === null) await new Promise((settle) => server?.once('exit', settle));
    await sandbox?.stop();
    airGapped?.remove();
    await database?.drop();
    if (connected) rmSync(connected.folder, { recursive: true, force: true });
  });

  it('has exactly the commands that this test executes', () => {
    const commands = [
      'generate-keys',
      'register --offline',
      './install.sh',
      'fetch-snaps jq',
      'push-snap jq.tar.gz',
    ];
    expect(blocks).toHaveLength(commands.length);
    for (const [index, command] of commands.entries()) expect(blocks[index]?.script).toContain(command);
  });

  it.each(others)('has the same commands as %s', (other) => {
    expect(commandsOf(other).toSorted()).toEqual(commandsOf(page).toSorted());
    expect(commandsOf(page)).toHaveLength(9);
  });

  it('generates keys and sets the domain on the connected machine', async () => {
    checked(await connected.run(block('generate-keys')));
    expect(checked(await connected.run('snap-proxy config proxy.domain'))).toBe(`${DOMAIN}\n`);
  });

  it('registers the air-gapped store', async () => {
    const { email, password } = sandbox.accounts.secondFactor;
    const answers = [email, password, await sandbox.totp(), '1', '1', '1', '1'];
    const shown = checked(await connected.run(block('register --offline'), answers));
    packageSha256 = /^SHA-256: ([0-9a-f]{64})$/m.exec(shown)?.[1] ?? '';
    expect(readdirSync(connected.folder)).toContain('offline-snap-store.tar.gz');
  });

  it('installs the package on a bare machine, and makes it the air-gapped store', async () => {
    airGapped.carry(join(connected.folder, 'offline-snap-store.tar.gz'), UNPACKED);
    const connection = new URL(database.url.replace('@/', '@localhost/'));
    connection.searchParams.set('host', SOCKETS);
    const env = {
      ...ENVIRONMENT,
      PACKAGE_SHA256: packageSha256,
      POSTGRESQL_CONN_STRING: connection.href.replace('@localhost/', '@/'),
    };
    writeFileSync(join(airGapped.root, UNPACKED, 'install'), block('./install.sh'), { mode: 0o755 });
    const shown = checked(await airGapped.run(`cd ${UNPACKED} && ./install`, { env }));
    expect(shown).toContain(`Store URL: ${STORE_URL}\n`);
    expect(shown).toContain('Store DB: ok\n');
    expect(shown).toContain('Store is in air-gapped mode\n');
  });

  it('serves', async () => {
    server = airGapped.start('exec snap-store-proxy serve');
    await untilWell(STORE_URL, server);
    expect(
      (await fetch(`${STORE_URL}/v2/auth/store/assertions`)).headers.get('x-assertion-store-id'),
    ).toMatch(/./);
  });

  it('fetches jq and the snaps that it needs from the official store', async () => {
    const shown = checked(await connected.run(block('fetch-snaps jq')));
    const files = [...shown.matchAll(/^Downloaded (\S+) to (\S+)$/gm)];
    expect(files.map(([, name]) => name).toSorted()).toEqual(['jq', 'sandbox-base', 'snapd']);
    for (const [, name = '', path = ''] of files) {
      copyFileSync(path, join(dirname(path), `${name}.tar.gz`));
      airGapped.carry(join(dirname(path), `${name}.tar.gz`), UNPACKED);
    }
  });

  it('pushes jq and the snaps that it needs into the air-gapped store', async () => {
    const push = block('push-snap jq.tar.gz');
    for (const name of ['snapd', 'sandbox-base', 'jq']) {
      const shown = checked(await airGapped.run(`cd ${UNPACKED} && ${push.replaceAll('jq', name)}`));
      expect(shown).toContain(`[snap ${name}] Uploaded snap blob and assertions for ${name} revision 1\n`);
      expect(shown).toContain(`[snap ${name}] Channelmaps were successfully updated.\n`);
    }
  });

  it('lets a device find and install jq', async () => {
    device = await SnapdDevice.start(readFileSync(sandbox.rootFile));
    const answer = await fetch(`${STORE_URL}/v2/auth/store/assertions`);
    const storeFile = join(connected.folder, 'store.assert');
    writeFileSync(storeFile, Buffer.from(await answer.arrayBuffer()));
    await device.snap('ack', storeFile);
    await device.snap('set', 'system', `proxy.store=${answer.headers.get('x-assertion-store-id')}`);
    expect(await device.snap('info', 'jq')).toMatch(/^publisher: +Sandbox publisher$/m);
    expect(await device.snap('install', 'jq')).toMatch(/^jq 1\.6 from Sandbox publisher.* installed$/m);
    expect(device.read('snap/jq/current/meta/snap.yaml')).toContain('name: jq\n');
  });
});
