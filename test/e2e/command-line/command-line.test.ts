import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeStream } from '../../../src/assertions/format/stream.js';
import { Cli, refusalIn } from '../../support/cli.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { freePort } from '../../support/ports.js';
import { run, runOnTerminal, serve } from '../../support/program.js';
import { tarOf } from '../../support/tar-file.js';
import {
  componentFile,
  partsOf,
  TestPublisher,
  writePair,
  writeWithComponents,
  type TestComponent,
} from '../../support/test-snaps.js';

const publisher = new TestPublisher();
let directory: string;
let database: TestDatabase;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'command-line-'));
  database = await createTestDatabase();
});
afterAll(async () => {
  await database.drop();
  rmSync(directory, { recursive: true });
});

const cli = new Cli(() => join(directory, 'data'));

/** The cells of a table. */
function columns(table: string): string[][] {
  return table
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {2,}/));
}

describe('without a database', () => {
  const unreachable = ['--data', '/dev/null/data'];

  it.each([
    [['--help']],
    [['push-snap', '--help']],
    [['config', '--help']],
    [['help', 'serve']],
    [['create', '--help']],
    [['create', 'serial-policy', '--help']],
    [['list', 'keys', '--help']],
    [['completion', 'bash']],
  ])('%j prints to standard output and exits with 0', async (words) => {
    const { status, stdout, stderr } = await run([...unreachable, ...words]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.length).toBeGreaterThan(50);
  });

  it.each([
    [['pu'], ['push-account-keys', 'push-snap', 'push-store']],
    [
      ['create', ''],
      ['key', 'model', 'serial-policy', '--help'],
    ],
    [['create', 'key', '--j'], ['--json']],
    [['create', 'key', '--api'], []],
    [
      ['config', 'proxy.port.'],
      ['proxy.port.http', 'proxy.port.https'],
    ],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish', '--help'],
    ],
    [['--data', 'elsewhere', 'release', '--u'], ['--until']],
    [['--da'], ['--data']],
    [['push-snap', 'with a'], ['with a blank']],
  ])('bash completes %j', async (words, expected) => {
    const { stdout: script } = await run([...unreachable, 'completion', 'bash']);
    mkdirSync(join(directory, 'with a blank'), { recursive: true });
    const shown = execFileSync(
      'bash',
      [
        '-c',
        `${script}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _snap_store_proxy; printf '%s\\n' "\${COMPREPLY[@]}"`,
        'bash',
        'snap-store-proxy',
        ...words,
      ],
      { cwd: directory, encoding: 'utf8' },
    );
    expect(shown.trim().split('\n')).toEqual(expected.length === 0 ? [''] : expected);
  });

  it.each([
    [['create-database', 'postgresql://u@h/d'], 'config proxy.db.connection=URL'],
    [['push-charms', '--push-channel-map', 'charms.tar.gz'], 'serves snaps'],
    [['push-charm-bundle', 'b.tar.gz'], 'serves snaps'],
    [['export', 'charms', 'list.yaml'], 'serves snaps'],
    [['export', 'bundle', 'kubeflow', '--series', 'jammy'], 'serves snaps'],
    [['export', 'store', 'X'], 'push-store FILE'],
    [['export', 'token'], 'no token is needed'],
    [['login', '--offline', 'http://store.example'], 'no token is needed'],
    [['fetch-brand-store-metadata', 'X', 'login'], 'push-store FILE'],
    [['push-brand-store-metadata', 'x.json'], 'push-store FILE'],
    [['fetch-account-keys', 'acme', 'KEY'], 'push-account-keys key.assert'],
    [['register-key', 'KEY'], 'push-account-keys FILE'],
    [['migrate-from-beta'], 'config --import-yaml'],
    [['login', '--help'], 'no token is needed'],
  ])('%j of the original tells what to use instead', async (words, instead) => {
    const why = refusalIn(await run([...unreachable, ...words]));
    expect(why).toContain('the command does not exist here; ');
    expect(why).toContain(instead);
  });

  it('lists and completes no command that does not exist here', async () => {
    for (const words of [['--help'], ['completion', 'bash'], ['completion', 'zsh'], ['export', '--help']]) {
      const { stdout } = await run([...unreachable, ...words]);
      expect(stdout).not.toMatch(/push-charm|create-database|charms|migrate-from-beta/);
    }
  });

  it('lists every command once', async () => {
    const { stdout } = await run([...unreachable, '--help']);
    const names = [...stdout.matchAll(/^ {2}([a-z-]+) .*$/gm)].map(([, name]) => name);
    expect(names).toEqual(expect.arrayContaining(['push-snap', 'fetch-snaps', 'export']));
    expect(names).toEqual([...new Set(names)]);
  });

  it('prints its version', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(await run([...unreachable, '--version'])).toMatchObject({ status: 0, stdout: `${version}\n` });
  });

  it.each([
    [['push-snap'], "missing required argument 'files'"],
    [['nonsense'], "unknown command 'nonsense'"],
    [['status', 'now'], "too many arguments for 'status'. Expected 0 arguments but got 1"],
    [['create', 'key', 'a', 'b'], "too many arguments for 'key'. Expected 1 argument but got 2"],
    [['status', '--nonsense'], "unknown option '--nonsense'"],
    [['push-snap', '--channel'], "option '--channel <channel>' argument missing"],
  ])('%j is a usage error', async (words, message) => {
    const { status, stderr } = await run([...unreachable, ...words]);
    expect(status).toBe(1);
    expect(stderr).toContain(message);
  });

  it.each(['/proc/x', '/proc/x/y', '/sys/x'])('neither hangs nor creates a store below %s', async (data) => {
    expect(refusalIn(await run(['--data', data, 'status']))).toContain(
      `cannot run status: there is no store in ${data};`,
    );
    expect(refusalIn(await run(['--data', data, 'config', 'proxy.port.http=81']))).toMatch(
      /^cannot make the data directory \/\w+\/x/,
    );
  });

  it('creates no store if it only shows one', async () => {
    const data = join(directory, 'mistyped');
    const reading = [
      'status',
      'config',
      'config proxy.domain',
      'config --export-yaml',
      'info hello',
      'history hello',
    ];
    reading.push(
      'list-pushed-snaps',
      'list-stores',
      'list-devices',
      'list-deltas',
      'list-categories',
      'list-groups',
    );
    reading.push(
      'list-overrides hello',
      'list keys',
      'list models',
      'list serial-policies',
      'secrets-key export',
    );
    for (const line of reading) {
      expect(refusalIn(await run(['--data', data, ...line.split(' ')]))).toContain(
        `there is no store in ${data}; name its directory with --data`,
      );
      expect(existsSync(data)).toBe(false);
    }
  });

  it('names a directory that it cannot use', async () => {
    const { status, stderr } = await run([...unreachable, 'status']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^error: cannot read \/dev\/null\/data\/config\.yaml: [^\n]+\n$/);
  });

  it('requires a directory after --data', async () => {
    expect(refusalIn(await run(['status', '--data']))).toBe(
      'cannot use --data: its directory is missing; give --data DIR',
    );
  });
});

describe('a store created at the command line', () => {
  it('accepts an external database, and hides its password in listings', async () => {
    const withPassword = database.url.replace('@', ':secret@');
    const set = await cli.run('config', `proxy.db.connection=${withPassword}`);
    expect(set).toMatchObject({ status: 0, stderr: expect.stringContaining('restart') as string });
    expect(set.stdout).toContain('<redacted>');
    expect((await cli.run('config')).stdout).not.toContain('secret');
    expect((await cli.run('config', 'proxy.db.connection')).stdout.trim()).toBe(withPassword);
    expect(statSync(join(directory, 'data/config.yaml')).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['proxy.port.http=0', 'give a port from 1 to 65535'],
    ['proxy.port.http=65536', 'give a port from 1 to 65535'],
    ['proxy.port.http=1.5', 'give a port'],
    ['proxy.ipaddress=nowhere', 'give an IP address'],
    ['proxy.domain=http://x', 'without scheme, port or path'],
    ['proxy.domain=', 'give a host name'],
    ['proxy.nonsense=1', 'cannot find setting "proxy.nonsense"'],
    ['internal.store.url=http://x', 'another command sets it'],
    ['internal.store.id=nobody', 'cannot find a store assertion for store id nobody'],
    ['proxy.trusted-assertions=/nowhere', 'cannot read /nowhere'],
    ['proxy.db.connection=mysql://x', 'cannot'],
  ])('config %s is refused and changes nothing', async (change, message) => {
    const before = (await cli.run('config')).stdout;
    expect(refusalIn(await cli.run('config', 'proxy.domain=changed.example', change))).toContain(message);
    expect((await cli.run('config')).stdout).toBe(before);
  });

  it('accepts both ends of the port range', async () => {
    for (const port of ['1', '65535'])
      expect((await cli.run('config', `proxy.port.http=${port}`)).status).toBe(0);
  });

  it('trusts a root, adds a store assertion, and becomes that store', async () => {
    const root = await publisher.writeRoot(directory);
    const storeFile = join(directory, 'store.assert');
    const { stack } = publisher;
    const url = 'http://store.example:8080';
    const chain = stack.chain(stack.store({ store: 'acme-store', operatorId: 'acme', url }));
    writeFileSync(storeFile, encodeStream(chain.toReversed()));
    expect(refusalIn(await cli.run('ack', storeFile))).toMatch(
      /^cannot add \S+\/store\.assert: cannot verify /,
    );
    expect((await cli.run('config', `proxy.trusted-assertions=${root}`)).stdout).toBe(
      `proxy.trusted-assertions: account test-root, account-key ${stack.rootAccountKey.primaryKey[0]}\n`,
    );
    expect(refusalIn(await cli.run('config', 'internal.store.id=acme-store'))).toContain(
      'cannot find a store assertion',
    );
    const acked = await cli.run('ack', storeFile);
    expect(acked.stdout.split('\n')).toEqual([
      'store acme-store (revision 0): added',
      'account acme (revision 0): added',
      `account-key ${stack.storeAccountKey.primaryKey[0]} (revision 0): added`,
      '',
    ]);
    expect((await cli.run('ack', storeFile)).stdout).not.toContain(': added');
    expect((await cli.run('config', 'internal.store.id=acme-store')).status).toBe(0);
    expect((await cli.run('config', 'internal.store.url')).stdout).toBe('http://store.example:8080\n');
  });

  it('accepts only account-keys if the command requires it', async () => {
    expect(refusalIn(await cli.run('push-account-keys', join(directory, 'store.assert')))).toContain(
      'it contains a store; this command accepts account-keys and accounts',
    );
  });

  it('pushes, lists and counts, with and without a running server', async () => {
    const first = await writePair(directory, publisher.snap({ name: 'hello', revision: 1 }));
    const pushed = await cli.run(
      'push-snap',
      '--channel',
      'stable',
      '--channel',
      '2.0/edge',
      '--new-track',
      first,
      first.replace('.snap', '.assert'),
    );
    expect(pushed).toEqual({
      status: 0,
      stderr: '',
      stdout:
        '[snap hello] Uploaded snap blob and assertions for hello revision 1\n[snap hello] Channelmaps were successfully updated.\n' +
        '[snap hello] Moved latest/stable (amd64): empty -> 1, version 1.0\n' +
        '[snap hello] Moved 2.0/edge (amd64): empty -> 1, version 1.0\n' +
        'warning: this store has no core for amd64, which hello needs: push it too; otherwise devices without it cannot install that snap\n' +
        'warning: this store has no snapd for amd64, which hello needs: push it too; otherwise devices without it cannot install that snap\n',
    });
    const size = statSync(first).size;
    const today = new Date().toISOString().slice(0, 10);
    expect(columns((await cli.run('list-pushed-snaps')).stdout)).toEqual([
      ['Name', 'Stores', 'Version', 'Revision', 'Channels', 'Architectures', 'Size', 'Pushed'],
      ['hello', 'ubuntu', '1.0', '1', 'stable,2.0/edge', 'amd64', String(size), today],
    ]);
    await cli.run('config', 'proxy.ipaddress=127.0.0.1', `proxy.port.http=${await freePort()}`);
    const server = await serve(['--data', join(directory, 'data')]);
    try {
      const second = await writePair(directory, publisher.snap({ name: 'hello', revision: 2 }));
      expect((await cli.run('push-snap', second)).status).toBe(0);
      const info = (await (await fetch(`${server.url}/v2/snaps/info/hello`)).json()) as {
        'channel-map': { revision: number }[];
      };
      expect(info['channel-map'].map(({ revision }) => revision)).toEqual([2, 1]);
      const assertions = await fetch(`${server.url}/v2/auth/store/assertions`);
      expect(assertions.headers.get('x-assertion-store-id')).toBe('acme-store');
    } finally {
      server.child.kill('SIGTERM');
    }
    expect((await server.ended).status).toBe(0);
    const status = JSON.parse((await cli.run('status', '--json')).stdout) as unknown;
    expect(status).toMatchObject({
      database: 'ok',
      'store-id': 'acme-store',
      'store-url': 'http://store.example:8080',
      snaps: 1,
      'snap-revisions': 2,
    });
    const inventory = JSON.parse((await cli.run('list-pushed-snaps', '--json')).stdout) as unknown;
    expect(inventory).toMatchObject({
      snaps: [{ name: 'hello', revisions: [{ revision: 1 }, { revision: 2 }] }],
    });
  });

  it('prints one JSON object even if one of several files is refused', async () => {
    const good = await writePair(join(directory, 'more'), publisher.snap({ name: 'more', revision: 1 }));
    const { status, stdout, stderr } = await cli.run(
      'push-snap',
      '--json',
      good,
      join(directory, 'missing.snap'),
    );
    expect(status).toBe(1);
    const missing = join(directory, 'missing.snap');
    const message = `cannot push ${missing}: there is no such file`;
    expect(JSON.parse(stdout)).toMatchObject({
      files: [
        { file: good, outcome: 'pushed', changed: true },
        { file: missing, outcome: 'refused', error: { code: 'invalid-bundle', message } },
      ],
    });
    expect(stderr).toBe(
      `error: ${message}\nerror: 1 of 2 files were not pushed (${missing}); the other one was pushed\n`,
    );
  });

  it('reads the standard input for -, and refuses a terminal there', async () => {
    const folder = join(directory, 'piped');
    const snap = publisher.snap({ name: 'piped', revision: 1 });
    const path = await writePair(folder, snap);
    const data = ['--data', join(directory, 'data')];
    expect(await run([...data, 'ack', '-'], {}, encodeStream(snap.assertions))).toMatchObject({
      status: 0,
      stdout: expect.stringContaining(
        `snap-revision ${snap.snapRevision.primaryKey.join('/')} (revision 0): added`,
      ),
    });
    const tar = await tarOf(partsOf([snap]));
    const pushed = await run([...data, 'push-snap', '--json', '-'], {}, tar);
    expect([pushed.status, JSON.parse(pushed.stdout)]).toMatchObject([
      0,
      { files: [{ file: '-', outcome: 'pushed' }] },
    ]);
    const again = await run([...data, 'push-snap', '-', path.replace('.snap', '.assert')], {}, snap.bytes);
    expect(again).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringContaining('already in the store'),
    });
    const alone = await run([...data, 'push-snap', '-'], {}, snap.bytes);
    expect(refusalIn(alone)).toMatch(
      /^cannot push -: its assertions are missing: also give the \.assert file/,
    );
    expect(refusalIn(await run([...data, 'ack', '-'], {}, ''))).toBe(
      'cannot add -: it is empty: copy it again',
    );
    for (const name of ['push-snap', 'ack'])
      expect((await runOnTerminal([...data, name, '-'], [])).shown).toContain(
        'the standard input is a terminal',
      );
  });

  it('accepts what `push-snap *` names: each snap with its assertions and components', async () => {
    const folder = join(directory, 'parts');
    const snap = publisher.snap({ name: 'parts', revision: 1, yaml: 'components: {docs: {type: test}}\n' });
    const [docs, stale] = [3, 2].map((revision) =>
      publisher.component(snap, { name: 'docs', revision, type: 'test' }),
    ) as [TestComponent, TestComponent];
    await writeWithComponents(folder, snap, [docs]);
    const files = [componentFile(snap, docs), 'parts_1.assert', 'parts_1.snap'].map((file) =>
      join(folder, file),
    );
    const { status, stdout } = await cli.run('push-snap', '--json', ...files);
    expect([status, JSON.parse(stdout)]).toMatchObject([
      0,
      { files: [{ file: files[2], snaps: [{ components: [{ name: 'docs', revision: 3 }] }] }] },
    ]);
    // A component that does not belong to the assertions next to it is not skipped silently.
    const other = join(folder, componentFile(snap, stale));
    writeFileSync(other, stale.bytes);
    const more = await cli.run('push-snap', ...files, other);
    expect([more.status, more.stderr]).toEqual([
      1,
      `error: cannot push ${other}: it is a component: push the .snap file that it belongs to, or the .assert file next to it\nerror: 1 of 2 files were not pushed (${other}); the other one was pushed\n`,
    ]);
  });

  it('refuses a port that another program uses', async () => {
    await cli.run('config', 'proxy.ipaddress=127.0.0.1');
    const server = await serve(['--data', join(directory, 'data')]);
    expect(refusalIn(await cli.run('serve'))).toMatch(
      /^cannot listen on 127\.0\.0\.1 port \d+: another program listens there$/,
    );
    server.child.kill('SIGINT');
    expect((await server.ended).status).toBe(0);
  });

  it('status reports an unreachable database, and exits with 1', async () => {
    const other = join(directory, 'away');
    await run(['--data', other, 'config', `proxy.db.connection=${database.url}`]);
    writeFileSync(
      join(other, 'config.yaml'),
      readFileSync(join(other, 'config.yaml'), 'utf8').replace(
        /postgresql:.*\n/,
        'postgresql://nobody@127.0.0.1:1/none"\n',
      ),
    );
    const { status, stdout } = await run(['--data', other, 'status']);
    expect(status).toBe(1);
    expect(stdout).toContain('Store DB: "cannot reach the database at 127.0.0.1');
  });
});
