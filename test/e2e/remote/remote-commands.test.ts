import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeStream } from '../../../src/assertions/format/stream.js';
import { MAX_COMMAND_INPUT_BYTES } from '../../../src/remote/command-limits.js';
import { refusalIn } from '../../support/cli.js';
import { collect, PROGRAM, run, runOnTerminal, type Outcome } from '../../support/program.js';
import { secretFile } from '../../support/secret-file.js';
import { RemoteWorld } from './remote-world.js';

let world: RemoteWorld;

beforeAll(async () => {
  world = await RemoteWorld.start();
});
afterAll(() => world.stop());

async function ok(...words: string[]): Promise<string> {
  const { status, stdout, stderr } = await world.far(...words);
  expect({ status, stderr }, words.join(' ')).toEqual({ status: 0, stderr: '' });
  return stdout;
}

async function audited(): Promise<object> {
  const { events } = JSON.parse(await world.local.ok('audit', 'list', '--limit', '1', '--json')) as {
    events: object[];
  };
  return events[0] ?? {};
}

describe('a command over the network', () => {
  it('releases and rolls back, with the same words', async () => {
    expect(await ok('rollback', 'hello', 'stable')).toBe('hello stable amd64 1 (was 2)\n');
    expect(await ok('release', 'hello', '2', 'stable')).toBe('hello stable amd64 2 (was 1)\n');
    expect(await ok('release', 'hello', '1', 'stable', '--percentage', '10')).toBe(
      'hello stable amd64 1 to 10% of the devices (2 to the others)\n',
    );
    expect(await ok('release', 'hello', '2', 'beta')).toBe('hello beta amd64 2 (was empty)\n');
    expect(await ok('close', 'hello', 'beta')).toBe('hello beta amd64 closed (was 2)\n');
  });

  it.each([
    'status --json',
    'info hello',
    'info hello --json',
    'history hello',
    'list-pushed-snaps',
    'list-pushed-snaps --json',
    'list-stores',
    'list-devices --csv',
    'list-deltas',
    'list-categories',
    'list-groups',
    'list-overrides hello',
    'list keys',
    'list models --json',
    'list serial-policies',
    'list-operators',
    'audit list',
    'audit verify',
    'config',
    'config proxy.domain',
    // Refusals too.
    'info nothing',
    'release hello 9 stable',
    'release hello 1 stabel',
    'history hello --architecture pdp11',
    'create',
    'list nothing',
    'audit',
    'add-operator Jo --role viewer',
    'create-token x --role viewer --scope everything',
    'status now',
    'status --nonsense',
    'nonsense',
    'export charms list.yaml',
    'release --help',
    'help',
    'help release',
    'create key --help',
    '--help',
  ])('%s prints the same, with the same status, as at the machine', async (line) => {
    const words = line.split(' ');
    const [far, local] = [await world.far(...words), await world.local.run(...words)];
    const without = (outcome: Outcome) => ({
      ...outcome,
      stdout: outcome.stdout.replace(/"free-bytes": \d+/, ''),
    });
    expect(without(far)).toEqual(without(local));
  });

  it('is done by the token, as the audit trail says', async () => {
    await ok('add-operator', 'kim', '--role', 'viewer');
    expect(await audited()).toMatchObject({
      actor: { kind: 'token', name: 'far' },
      address: '127.0.0.1',
      'request-id': expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      action: 'operator.add',
      subject: 'kim',
    });
    await world.local.ok('remove-operator', 'kim');
    expect(await audited()).toMatchObject({ actor: { kind: 'machine', name: 'root' }, subject: 'kim' });
  });

  it('reads and changes settings, but no secrets and nothing of the machine', async () => {
    expect(await ok('config', 'proxy.domain=far.example')).toBe('proxy.domain: far.example\n');
    expect(await ok('config', 'proxy.domain')).toBe('far.example\n');
    await world.local.ok('config', 'proxy.domain=127.0.0.1');
    expect(refusalIn(await world.far('config', 'proxy.port.http=80'))).toBe(
      'cannot set "proxy.port.http": it is a setting of one machine; change it there with `config`',
    );
    expect(refusalIn(await world.far('config', 'proxy.trusted-assertions=/etc/passwd'))).toContain(
      'its value is a file of the machine',
    );
    const pin = secretFile(world.directory, 'pin of the token');
    expect(await ok('config', `proxy.hsm.token-pin=${pin}`)).toBe('proxy.hsm.token-pin: <redacted>\n');
    expect(await world.local.ok('config', 'proxy.hsm.token-pin')).toBe('pin of the token\n');
    expect(refusalIn(await world.far('config', 'proxy.hsm.token-pin'))).toBe(
      'cannot show proxy.hsm.token-pin: secrets are not shown over the network',
    );
    expect((await world.far('config', 'proxy.db.connection')).stdout).not.toContain('secret');
    for (const option of ['--export-yaml', '--import-yaml'])
      expect(refusalIn(await world.far('config', option))).toContain('on the machine of the store');
  });

  it.each(['serve', 'secrets-key export', 'register', 'fetch-snaps jq', 'enable-airgap-mode'])(
    '%s is for the machine alone',
    async (line) => {
      const why = refusalIn(await world.far(...line.split(' ')));
      expect(why).toMatch(/^cannot run [a-z -]+ over the network: .*; run it on the machine of the store$/);
    },
  );

  it('needs no store for what runs anywhere', async () => {
    expect(await ok('completion', 'bash')).toContain('complete -o filenames');
  });
});

describe('who may', () => {
  it('is decided by role and scope', async () => {
    const viewer = await world.tokenFile('looks', 'viewer');
    expect((await world.farAs(viewer, 'info', 'hello')).status).toBe(0);
    expect(refusalIn(await world.farAs(viewer, 'release', 'hello', '1', 'stable'))).toBe(
      'cannot allow that: token looks has role viewer, and role operator is needed',
    );
    const reader = await world.tokenFile('reads', 'admin', ['read']);
    expect((await world.farAs(reader, 'config', 'proxy.domain')).status).toBe(0);
    expect(refusalIn(await world.farAs(reader, 'release', 'hello', '1', 'stable'))).toBe(
      'cannot allow that: token reads is for read, and scope release is needed',
    );
    expect(refusalIn(await world.farAs(reader, 'config', 'proxy.domain=x.example'))).toBe(
      'cannot allow that: token reads is for read, and scope setting is needed',
    );
    const setter = await world.tokenFile('sets', 'admin', ['setting']);
    expect(refusalIn(await world.farAs(setter, 'config', 'proxy.domain'))).toContain('scope read is needed');
    expect((await world.farAs(setter, 'config', 'proxy.domain=127.0.0.1')).status).toBe(0);
  });

  it('makes no token that may do more', async () => {
    const own = await world.tokenFile('operates', 'admin', ['operator']);
    const words = ['create-token', 'mighty', '--role', 'admin'];
    expect(refusalIn(await world.farAs(own, ...words))).toBe(
      'cannot create token mighty: your token is for operator',
    );
    expect((await world.farAs(own, ...words, '--scope', 'operator')).stdout).toMatch(/^ssp_/);
    await world.local.ok('revoke-token', 'mighty');
  });

  it('is not known without a token', async () => {
    const wrong = join(world.directory, 'wrong-token');
    writeFileSync(wrong, `ssp_${'x'.repeat(43)}\n`, { mode: 0o600 });
    expect(refusalIn(await world.farAs(wrong, 'status'))).toBe(
      `cannot ask ${world.url}: it refuses the token; \`create-token\` makes another one there`,
    );
    expect(refusalIn(await run(['--url', world.url, 'status']))).toContain('give a token with --token-file');
  });
});

describe('what a command reads', () => {
  it('comes from the machine where it is typed: files, folders, and the standard input', async () => {
    const { stack, account } = world.publisher;
    const stream = encodeStream([
      stack.store({ store: 'far-store', operatorId: 'acme', url: 'http://x' }),
      account,
      stack.storeAccountKey,
    ]);
    const folder = join(world.directory, 'to-add');
    mkdirSync(join(folder, 'below'), { recursive: true });
    writeFileSync(join(folder, 'below', 'store.assert'), stream);
    expect(await ok('ack', folder)).toContain('store far-store (revision 0): added');
    const file = join(folder, 'below', 'store.assert');
    const local = await world.local.run('ack', file, file, join(folder, 'none'));
    expect(await world.far('ack', file, file, join(folder, 'none'))).toEqual(local);
    expect(await world.far('ack', join(folder, 'none'))).toEqual(
      await world.local.run('ack', join(folder, 'none')),
    );
    const bad = join(folder, 'bad.assert');
    writeFileSync(bad, 'type: nonsense\n\n');
    expect(await world.far('ack', bad)).toEqual(await world.local.run('ack', bad));
    expect(await world.farWith(stream.toString(), 'ack', '-')).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringContaining('store far-store') as string,
    });
  });

  it('may be a secret, as @FILE, - or an answer', async () => {
    const password = secretFile(world.directory, 'password of lee');
    expect(await ok('add-operator', 'lee', '--role', 'viewer', '--password', password)).toContain('added');
    expect(await world.farWith('another of lee\n', 'set-operator', 'lee', '--password', '-')).toMatchObject({
      status: 0,
      stdout: 'operator lee: viewer, with a password\n',
    });
    const missing = ['set-operator', 'lee', '--password', '@/nowhere'];
    expect(await world.far(...missing)).toEqual(await world.local.run(...missing));
    const asked = ['create', 'model', 'far-model'];
    expect(await world.farWith('secretkey\n', ...asked)).toEqual(
      await run(['--data', world.dataDir, ...asked], {}, 'secretkey\n'),
    );
    await world.local.ok('remove-operator', 'lee');
  });

  it('is asked for at the terminal of the caller', async () => {
    const words = ['--url', world.url, '--token-file', await world.tokenFile('far', 'admin')];
    const { status, shown } = await runOnTerminal(
      [...words, 'add-operator', 'max', '--role', 'viewer'],
      [
        ['New password of max', 'password of max\r'],
        ['Repeat it', 'password of max\r'],
      ],
    );
    expect({ status, shown }).toMatchObject({
      status: 0,
      shown: expect.stringContaining('operator max added as viewer\r\n') as string,
    });
    expect(shown).not.toContain('password of max\r');
    expect((await runOnTerminal([...words, 'list-pushed-snaps'], [])).shown).toBe(
      (await runOnTerminal(['--data', world.dataDir, 'list-pushed-snaps'], [])).shown,
    );
    await world.local.ok('remove-operator', 'max');
  });

  it('has a limit', async () => {
    const file = join(world.directory, 'long');
    writeFileSync(file, Buffer.alloc(MAX_COMMAND_INPUT_BYTES + 1, '\n'));
    expect(refusalIn(await world.far('ack', file))).toBe(
      `cannot send the command: over the network its files and its standard input are limited to ${MAX_COMMAND_INPUT_BYTES} bytes together`,
    );
    writeFileSync(file, Buffer.alloc(MAX_COMMAND_INPUT_BYTES, '\n'));
    expect(await world.far('ack', file)).toEqual(await world.local.run('ack', file));
  });
});

describe('the portable program', () => {
  it('is enough, and makes nothing on its machine', async () => {
    const home = join(world.directory, 'home');
    const portable = join(world.directory, 'portable');
    mkdirSync(home);
    const root = resolve(PROGRAM, '../..');
    for (const name of ['dist', 'package.json'])
      cpSync(join(root, name), join(portable, name), { recursive: true });
    const child = spawn(process.execPath, [join(portable, 'dist/snap-store-proxy.js'), 'info', 'hello'], {
      cwd: home,
      env: {
        PATH: process.env['PATH'],
        HOME: home,
        SNAP_STORE_PROXY_DATA: join(home, 'data'),
        SNAP_STORE_PROXY_URL: world.url,
        SNAP_STORE_PROXY_TOKEN: await world.token('far', 'admin'),
      },
    });
    expect(await collect(child)).toEqual(await world.local.run('info', 'hello'));
    expect(readdirSync(home)).toEqual([]);
  });

  it('tells both versions', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(await ok('--version')).toBe(`${version}\n${world.url}: ${version}\n`);
  });
});
