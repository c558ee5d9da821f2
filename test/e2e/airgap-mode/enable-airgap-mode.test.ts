import { createPublicKey } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeStream } from '../../../src/assertions/format/stream.js';
import { isPassword } from '../../../src/common/crypto/password.js';
import { sealPrivateKey } from '../../../src/registration/format/sealed-key.js';
import { Cli } from '../../support/cli.js';
import { CommandStore } from '../../support/command-store.js';
import { runOnTerminal, type Outcome } from '../../support/program.js';
import { secretFile } from '../../support/secret-file.js';
import { openedSetting, storedSetting } from '../../support/secrets.js';
import { testKey } from '../../support/store-stack.js';
import { TestPublisher } from '../../support/test-snaps.js';

const INSTALL_PASSWORD = 'a beta password';
const publisher = new TestPublisher();
let directory: string;
let machine: CommandStore;
let client: Client;

beforeAll(async () => {
  machine = await CommandStore.start();
  ({ directory } = machine);
  client = new Client({ connectionString: machine.databaseUrl });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await machine.stop();
});

const cli = new Cli(() => machine.dataDir);

async function enable(env: Readonly<Record<string, string>> = {}, ...words: string[]): Promise<Outcome> {
  return await cli.runWith({ env }, 'enable-airgap-mode', ...words);
}

async function settings(): Promise<Record<string, string>> {
  const { rows } = await client.query<{ key: string; value: string }>('select key, value from setting');
  const dataDir = machine.dataDir;
  return Object.fromEntries(rows.map(({ key, value }) => [key, openedSetting(dataDir, key, value)]));
}

async function put(key: string, value: string): Promise<void> {
  await client.query(
    'insert into setting (key, value) values ($1, $2::jsonb) on conflict (key) do update set value = excluded.value',
    [key, JSON.stringify(storedSetting(machine.dataDir, key, value))],
  );
}

async function register(): Promise<void> {
  const file = join(directory, 'store.assert');
  const { stack } = publisher;
  const store = stack.store({ store: 'acme-store', operatorId: 'acme', url: 'http://store.example' });
  writeFileSync(file, encodeStream(stack.chain(store)));
  await cli.run('config', `proxy.trusted-assertions=${await publisher.writeRoot(directory)}`);
  await cli.run('ack', file);
  expect((await cli.run('config', 'internal.store.id=acme-store')).status).toBe(0);
}

/** Expects a one-line refusal and an unchanged store. */
async function expectRefused(message: string, env?: Readonly<Record<string, string>>, ...words: string[]) {
  const before = await settings();
  const { status, stdout, stderr } = await enable(env, ...words);
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(/^error: cannot [^\n]+\n$/);
  expect(stderr).toContain(message);
  expect(await settings()).toEqual(before);
}

describe('enable-airgap-mode', () => {
  it('refuses a store that is not registered', async () => {
    await expectRefused('this store is not registered; register it offline on a connected machine');
  });

  it('is not enabled by setting proxy.airgap', async () => {
    await register();
    expect((await cli.run('config', 'proxy.airgap=true')).stderr).toContain('another command sets it');
  });

  it.each([7, 1_025])('refuses a password of %i bytes', async (bytes) => {
    const password = 'x'.repeat(bytes);
    const message = `cannot use that management password: it has ${bytes} bytes, give 8 to 1024`;
    await expectRefused(message, {}, '--password', secretFile(directory, password));
    await expectRefused(message, { SNAPSTORE_ACCESS_PASSWORD: password });
  });

  it('decrypts an encrypted registration only with its password', async () => {
    const key = testKey('registration');
    const pem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
    await put('proxy.key.public', createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString());
    await put('internal.registration.sealed-key', await sealPrivateKey(pem, INSTALL_PASSWORD));
    await expectRefused('give the install password in SNAPSTORE_BETA_PASSWORD');
    await expectRefused('the install password is wrong', { SNAPSTORE_BETA_PASSWORD: 'another one' });
    const { status, stdout, stderr } = await enable(
      { SNAPSTORE_BETA_PASSWORD: INSTALL_PASSWORD },
      '--password',
      secretFile(directory, 'eight888'),
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toBe(
      'Store acme-store is in air-gapped mode\nPrivate key: decrypted with the install password\nManagement password: set\n',
    );
    const after = await settings();
    expect(after['proxy.airgap']).toBe('true');
    expect(after['proxy.key.private']).toBe(pem);
    expect(after['internal.registration.sealed-key']).toBe('');
    expect(after['proxy.device-auth.secret']).toMatch(/^[0-9a-f]{64}$/);
    expect(await isPassword('eight888', after['internal.airgap.gateway-hash'] ?? '')).toBe(true);
  });

  it('changes nothing when run again, even with the install password of a decrypted registration', async () => {
    const before = await settings();
    const { stdout } = await enable(
      { SNAPSTORE_BETA_PASSWORD: 'anything' },
      '--password',
      secretFile(directory, 'eight888'),
    );
    expect(stdout).toBe('Store acme-store is already in air-gapped mode\nManagement password: unchanged\n');
    expect((await enable()).stdout).toContain('unchanged');
    expect(await settings()).toEqual(before);
  });

  it('changes the management password but never the secret of device sessions', async () => {
    const before = await settings();
    expect((await enable({ SNAPSTORE_ACCESS_PASSWORD: 'another secret' })).stdout).toContain('changed');
    const after = await settings();
    expect(await isPassword('another secret', after['internal.airgap.gateway-hash'] ?? '')).toBe(true);
    expect(after['proxy.device-auth.secret']).toBe(before['proxy.device-auth.secret']);
  });

  it('shows no secret in listings', async () => {
    const { stdout } = await cli.run('config');
    expect(stdout).toContain('proxy.airgap: true');
    for (const key of ['proxy.device-auth.secret', 'internal.airgap.gateway-hash', 'proxy.key.private'])
      expect(stdout).toContain(`${key}: <redacted>\n`);
  });

  it('creates one secret if several commands run at once', async () => {
    await client.query(`delete from setting where key in ('proxy.device-auth.secret', 'proxy.airgap')`);
    await client.query(`create function keep_secret() returns trigger language plpgsql as
      $$ begin raise exception 'the secret is replaced'; end $$`);
    await client.query(`create trigger keep_secret before update on setting for each row
      when (old.key = 'proxy.device-auth.secret') execute function keep_secret()`);
    const outcomes = await Promise.all([enable(), enable(), enable()]);
    expect(outcomes.map(({ status }) => status)).toEqual([0, 0, 0]);
    expect((await settings())['proxy.device-auth.secret']).toMatch(/^[0-9a-f]{64}$/);
    expect((await enable()).status).toBe(0);
  });
});

describe('at a terminal', () => {
  const words = () => ['--data', machine.dataDir, 'enable-airgap-mode'];

  it('asks twice for a management password, and does not show it', async () => {
    await client.query(`delete from setting where key = 'internal.airgap.gateway-hash'`);
    const { status, shown } = await runOnTerminal(words(), [
      ['New management password', 'typed blindly\r'],
      ['Repeat it', 'typed blindly\r'],
    ]);
    expect(shown).toContain('Management password: set');
    expect(shown).not.toContain('typed blindly');
    expect(status).toBe(0);
    const hash = (await settings())['internal.airgap.gateway-hash'];
    expect(await isPassword('typed blindly', hash ?? '')).toBe(true);
  });

  it('goes on without a password if none is typed, and asks again for an invalid one, three times at most', async () => {
    await client.query(`delete from setting where key = 'internal.airgap.gateway-hash'`);
    const none = await runOnTerminal(words(), [['New management password', '\r']]);
    expect(none.shown).toContain('Management password: not set');
    const three = await runOnTerminal(words(), [
      ['New management password', 'typed blindly\r'],
      ['Repeat it', 'typed otherwise\r'],
      ['New management password', 'short\r'],
      ['New management password', 'short\r'],
    ]);
    expect(three).toMatchObject({ status: 1 });
    expect(three.shown).toContain('the two entries differ');
    expect(three.shown.match(/it has 5 bytes, give 8 to 1024/g)).toHaveLength(2);
    expect(await settings()).not.toHaveProperty('internal.airgap.gateway-hash');
    const stopped = await runOnTerminal(words(), [['New management password', '\u0003']]);
    expect(stopped).toMatchObject({ status: 1 });
    expect(stopped.shown).toContain('cannot continue: interrupted');
    expect(await settings()).not.toHaveProperty('internal.airgap.gateway-hash');
  });
});
