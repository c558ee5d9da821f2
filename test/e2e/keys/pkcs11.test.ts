import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeAssertion } from '../../../src/assertions/format/decode.js';
import { decodePublicKey } from '../../../src/assertions/format/keys.js';
import { encodeStream } from '../../../src/assertions/format/stream.js';
import { verifySignature } from '../../../src/assertions/format/verify.js';
import { Cli } from '../../support/cli.js';
import { CommandStore } from '../../support/command-store.js';
import { freePort } from '../../support/ports.js';
import { wordsOfTree } from '../../support/process-words.js';
import { collect, PROGRAM, serve, type Outcome } from '../../support/program.js';
import { serialRequest } from '../../support/registering-device.js';
import { secretFile } from '../../support/secret-file.js';
import { TestStoreStack } from '../../support/store-stack.js';

const MODULE = '/usr/lib/softhsm/libsofthsm2.so';
const isInstalled = existsSync(MODULE) && spawnSync('pkcs11-tool', ['--help']).error === undefined;
/** Part of the title of tests that are skipped. */
const WITHOUT_TOKEN = isInstalled ? '' : ' (skipped: no SoftHSM and OpenSC; Debian: softhsm2, opensc)';
const PIN = '48151623';

const stack = new TestStoreStack();
const model = stack.model();
let directory: string;
let machine: CommandStore;
let env: Record<string, string>;

beforeAll(async () => {
  machine = await CommandStore.start();
  ({ directory } = machine);
  mkdirSync(join(directory, 'tokens'));
  const conf = join(directory, 'softhsm2.conf');
  writeFileSync(conf, `directories.tokendir = ${join(directory, 'tokens')}\nlog.level = ERROR\n`);
  env = { SOFTHSM2_CONF: conf };
  if (isInstalled) {
    const words = ['--init-token', '--free', '--label', 'brand token', '--so-pin', '87654321', '--pin', PIN];
    const { status } = spawnSync('softhsm2-util', words, { env: { ...process.env, ...env } });
    expect(status).toBe(0);
  }
  writeFileSync(join(directory, 'root.assert'), encodeStream(stack.trusted()));
  writeFileSync(join(directory, 'model.assert'), encodeStream(stack.chain(model)));
  const settings = [
    `proxy.trusted-assertions=${join(directory, 'root.assert')}`,
    'proxy.ipaddress=127.0.0.1',
    `proxy.port.http=${await freePort()}`,
  ];
  expect(await cli.run('config', ...settings)).toMatchObject({ status: 0 });
});
afterAll(() => machine.stop());

const cli = new Cli(
  () => machine.dataDir,
  () => env,
);

it('names the package to install if the tool is missing', async () => {
  const pin = `proxy.hsm.token-pin=${secretFile(directory, PIN)}`;
  const hsm = ['proxy.hsm.module=/any.so', 'proxy.hsm.token-label=brand token', pin];
  await cli.ok('config', ...hsm);
  expect(await cli.runWith({ env: { PATH: directory } }, 'create', 'key', 'hsm-key', '--token')).toEqual({
    status: 1,
    stdout: '',
    stderr:
      'error: cannot generate a key in the PKCS#11 token: pkcs11-tool is not installed (Debian and Ubuntu: opensc)\n',
  });
});

it.each([
  ['proxy.hsm.module=relative.so', 'cannot set proxy.hsm.module to "relative.so": give an absolute path'],
  [
    `proxy.hsm.token-label=${'l'.repeat(33)}`,
    'cannot set proxy.hsm.token-label: give up to 32 bytes of printable text',
  ],
  ['proxy.hsm.token-pin=', 'cannot set proxy.hsm.token-pin: give up to 255 bytes of printable text'],
])('refuses %s', async (word, why) => expect(await cli.refused('config', word)).toBe(why));

describe.skipIf(!isInstalled)(`a key in a token${WITHOUT_TOKEN}`, () => {
  it('is refused if the token cannot be used, and nothing is stored', async () => {
    await cli.ok('config', `proxy.hsm.module=${MODULE}`, 'proxy.hsm.token-label=brand token');
    await cli.ok('config', `proxy.hsm.token-pin=${secretFile(directory, '4321')}`);
    expect(await cli.refused('create', 'key', 'hsm-key', '--token')).toBe(
      'cannot generate a key in the PKCS#11 token: PKCS11 function C_Login failed: rv = CKR_PIN_INCORRECT (0xa0)',
    );
    await cli.ok(
      'config',
      `proxy.hsm.token-pin=${secretFile(directory, PIN)}`,
      'proxy.hsm.token-label=another',
    );
    expect(await cli.refused('create', 'key', 'hsm-key', '--token')).toMatch(
      /^cannot generate a key in the PKCS#11 token: \S/,
    );
    await cli.ok('config', 'proxy.hsm.token-label=brand token', 'proxy.hsm.module=/nonexistent/module.so');
    expect(await cli.refused('create', 'key', 'hsm-key', '--token')).toMatch(
      /^cannot generate a key in the PKCS#11 token: \S/,
    );
    await cli.ok('config', `proxy.hsm.module=${MODULE}`);
    expect(JSON.parse(await cli.ok('list', 'keys', '--json'))).toEqual({ keys: [] });
    expect(await cli.ok('config')).toMatch(/^proxy.hsm.token-pin: <redacted>$/m);
  });

  it('is generated without its PIN in any list of processes', async () => {
    const words = ['--data', machine.dataDir, 'create', 'key', 'watched', '--token'];
    const child = spawn(process.execPath, [PROGRAM, ...words], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const outcome = collect(child);
    const seen = new Set<string>();
    while (child.exitCode === null && child.signalCode === null) {
      seen.add(wordsOfTree(child.pid ?? 0));
      await sleep(5);
    }
    expect(await outcome).toMatchObject({ status: 0 });
    const shown = [...seen].join('\n');
    expect(shown).toContain('env:SNAP_STORE_PROXY_TOKEN_PIN');
    expect(shown).not.toContain(PIN);
  });

  it('signs the serial of a device and never leaves the token', async () => {
    const made = JSON.parse(await cli.ok('create', 'key', 'hsm-key', '--token', '--json')) as {
      'sha3-384': string;
      token: boolean;
      'public-key': string;
    };
    expect(made.token).toBe(true);
    expect(await cli.ok('list', 'keys')).toMatch(/^hsm-key +\S{64} +- +token$/m);
    const { keyObject, id } = decodePublicKey(Buffer.from(made['public-key']));
    expect(id).toBe(made['sha3-384']);
    const accountKey = stack.accountKey('brand', 'hsm', keyObject);
    writeFileSync(join(directory, 'key.assert'), encodeStream([accountKey]));
    await cli.ok('ack', join(directory, 'model.assert'));
    await cli.ok('ack', join(directory, 'key.assert'));
    await cli.ok('create', 'model', 'my-model', '--no-api-key');
    await cli.ok('create', 'serial-policy', '--model', 'my-model', '--key', 'hsm-key');

    const { url, child, ended } = await serve(['--data', machine.dataDir], env);
    try {
      const base = `${url}/api/v1/snaps/auth`;
      const reply = await fetch(`${base}/request-id`, { method: 'POST' });
      const { 'request-id': requestId } = (await reply.json()) as { 'request-id': string };
      const answer = await fetch(`${base}/devices`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/x.ubuntu.assertion' },
        body: new Uint8Array(serialRequest(model, stack.key('hsm device'), requestId)),
      });
      const body = Buffer.from(await answer.arrayBuffer());
      expect([answer.status, answer.status === 200 ? '' : body.toString()]).toEqual([200, '']);
      const serial = decodeAssertion(body);
      expect(serial.signKeyId).toBe(id);
      expect(() => verifySignature(serial, keyObject)).not.toThrow();
    } finally {
      child.kill('SIGTERM');
    }
    expect(await ended).toMatchObject({ status: 0 });
  });
});

describe.skipIf(!isInstalled)(`the secrets key in the token${WITHOUT_TOKEN}`, () => {
  const file = (name: string): string => join(directory, 'data', name);
  const seal = async (pin: string): Promise<Outcome> => {
    writeFileSync(join(directory, 'pin'), `${pin}\n`);
    const token = ['--module', MODULE, '--token-label', 'brand token', '--pin', `@${join(directory, 'pin')}`];
    return await cli.run('secrets-key', 'seal', ...token);
  };
  /** The decrypted secrets of the database; only the key decrypts them. */
  const secrets = async (): Promise<string> => {
    const { status, stdout, stderr } = await cli.run('config', '--export-yaml');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    return stdout;
  };

  it('decrypts the secrets of the database, and no unencrypted key stays on the disk', async () => {
    expect(await cli.run('generate-keys')).toMatchObject({ status: 0 });
    const before = await secrets();
    const clear = readFileSync(file('secrets.key'), 'utf8').trim();
    expect(await seal(PIN)).toMatchObject({ status: 0, stderr: '' });
    expect(existsSync(file('secrets.key'))).toBe(false);
    for (const name of ['secrets.key.token', 'secrets.pin']) {
      expect(statSync(file(name)).mode & 0o777).toBe(0o400);
      expect(readFileSync(file(name), 'utf8')).not.toContain(clear);
    }
    expect(await secrets()).toBe(before);
  });

  it('is replaced by a rotation and stays in the token', async () => {
    const before = await secrets();
    const { stdout } = await cli.run('secrets-key');
    expect(await cli.run('secrets-key', 'rotate')).toMatchObject({ status: 0 });
    expect((await cli.run('secrets-key')).stdout).not.toBe(stdout);
    expect(existsSync(file('secrets.key'))).toBe(false);
    expect(await secrets()).toBe(before);
  });

  it('is not readable without the PIN, and the error says where to set it', async () => {
    const pin = readFileSync(file('secrets.pin'));
    rmSync(file('secrets.pin'));
    const { status, stderr } = await cli.run('config', '--export-yaml');
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^error: cannot open the token of the secrets key: its PIN is missing: put it into .*secrets\.pin/,
    );
    expect(stderr).not.toContain(PIN);
    env['SNAP_STORE_PROXY_SECRETS_PIN'] = PIN;
    await secrets();
    delete env['SNAP_STORE_PROXY_SECRETS_PIN'];
    writeFileSync(file('secrets.pin'), pin, { mode: 0o400 });
  });

  it('moves back into a file, and a token that cannot be used changes nothing', async () => {
    const before = await secrets();
    expect(await cli.run('secrets-key', 'unseal')).toMatchObject({ status: 0, stderr: '' });
    expect([existsSync(file('secrets.key.token')), existsSync(file('secrets.pin'))]).toEqual([false, false]);
    const held = readFileSync(file('secrets.key'));
    const wrong = await seal('00000000');
    expect(wrong).toMatchObject({ status: 1, stdout: '' });
    expect(wrong.stderr).toMatch(/^error: cannot generate a key in the token of the secrets key: [^\n]+\n$/);
    expect(await cli.run('secrets-key', 'seal')).toMatchObject({ status: 1 });
    expect(await cli.run('secrets-key', 'unseal')).toMatchObject({ status: 1 });
    expect(readFileSync(file('secrets.key'))).toEqual(held);
    expect(await secrets()).toBe(before);
  });
});
