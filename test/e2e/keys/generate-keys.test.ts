import { createPrivateKey, createPublicKey } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { publicKeyId } from '../../../src/assertions/format/keys.js';
import { generateRsaKey } from '../../../src/common/crypto/rsa-key.js';
import { MAX_KEY_FILE_BYTES } from '../../../src/keys/key-pair.js';
import { UnitConfigService } from '../../../src/settings/unit-config.service.js';
import { Cli } from '../../support/cli.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

let directory: string;
let dataDir: string;
let database: TestDatabase;
const own = generateRsaKey(2_048);

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'generate-keys-'));
  dataDir = join(directory, 'data');
  database = await createTestDatabase();
  process.env['SNAP_STORE_PROXY_DATA'] = dataDir;
  new UnitConfigService().write({ 'proxy.db.connection': database.url });
});
afterEach(async () => {
  await database.drop();
  rmSync(directory, { recursive: true });
});
afterAll(() => {
  delete process.env['SNAP_STORE_PROXY_DATA'];
});

const cli = new Cli(() => dataDir);

async function setting(key: string): Promise<string> {
  return (await cli.run('config', key)).stdout.trim();
}

function keyFile(name: string, content: string | Buffer): string {
  const path = join(directory, name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

const pkcs1 = () => own.export({ type: 'pkcs1', format: 'pem' });

it('generates two RSA-4096 pairs, prints their ids, and refuses to replace them', async () => {
  const made = await cli.run('generate-keys', '--json');
  expect(made).toMatchObject({ status: 0, stderr: '' });
  const { keys } = JSON.parse(made.stdout) as { keys: { name: string; id: string; outcome: string }[] };
  expect(keys.map(({ name, outcome }) => [name, outcome])).toEqual([
    ['store', 'generated'],
    ['bundle', 'generated'],
  ]);
  for (const [index, prefix] of ['proxy.key', 'proxy.bundle.key'].entries()) {
    const key = createPrivateKey(await setting(`${prefix}.private`));
    expect(key.asymmetricKeyDetails?.modulusLength).toBe(4_096);
    expect(publicKeyId(key)).toBe(keys[index]?.id);
    expect(publicKeyId(createPublicKey(await setting(`${prefix}.public`)))).toBe(keys[index]?.id);
  }
  const before = await cli.run('config', 'proxy.key.private', 'proxy.bundle.key.private');
  expect(await cli.refused('generate-keys')).toContain('cannot generate keys: keys already exist');
  expect(await cli.run('config', 'proxy.key.private', 'proxy.bundle.key.private')).toEqual(before);
  expect((await cli.run('config')).stdout).not.toContain('PRIVATE KEY');
  // No file that other accounts can read contains a key.
  for (const name of readdirSync(dataDir)) expect(statSync(join(dataDir, name)).mode & 0o044).toBe(0);

  const replaced = await cli.run('generate-keys', '--force');
  expect(replaced.stdout).toMatch(/^Generated store key: [-\w]{64}\nGenerated bundle key: [-\w]{64}\n$/);
  for (const { id } of keys) expect(replaced.stdout).not.toContain(id);
});

it('imports a PKCS#1 key as the store key and also generates the bundle key', async () => {
  const { stdout } = await cli.run('generate-keys', '--import', keyFile('own.pem', pkcs1()));
  expect(stdout).toMatch(new RegExp(`^Imported store key: ${publicKeyId(own)}\nGenerated bundle key: `));
  expect(await setting('proxy.key.private')).toContain('-----BEGIN PRIVATE KEY-----');
  expect(await cli.refused('generate-keys', '--import', keyFile('own.pem', pkcs1()))).toContain(
    'the store key already exists',
  );
  const bundleKey = await setting('proxy.bundle.key.private');
  const other = generateRsaKey(2_048);
  const forced = await cli.run(
    'generate-keys',
    '--force',
    '--import',
    keyFile('other.pem', other.export({ type: 'pkcs8', format: 'pem' })),
  );
  expect(forced.stdout).toContain(`Imported store key: ${publicKeyId(other)}\nKept bundle key: `);
  expect(await setting('proxy.bundle.key.private')).toBe(bundleKey);
});

it('imports a key from a file with config, sets its public half too, then generates only the missing key', async () => {
  const set = await cli.run('config', `proxy.key.private=@${keyFile('own.pem', pkcs1())}`);
  expect(set).toMatchObject({ status: 0, stdout: 'proxy.key.private: <redacted>\n' });
  expect(publicKeyId(createPublicKey(await setting('proxy.key.public')))).toBe(publicKeyId(own));
  expect((await cli.run('generate-keys')).stdout).toMatch(
    new RegExp(`^Kept store key: ${publicKeyId(own)}\nGenerated bundle key: `),
  );
});

it.each([
  ['nothing', undefined, 'there is no such file'],
  ['no key', 'hello', 'it is not a private key in PEM'],
  [
    'a public key',
    createPublicKey(own).export({ type: 'spki', format: 'pem' }),
    'it is not a private key in PEM',
  ],
  [
    'an encrypted key',
    own.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }),
    'it is encrypted with a passphrase',
  ],
  ['a short key', generateRsaKey(1_024).export({ type: 'pkcs8', format: 'pem' }), 'it has 1024 bits'],
  ['a file at the limit', Buffer.alloc(MAX_KEY_FILE_BYTES, 'x'), 'it is not a private key in PEM'],
  ['a file past the limit', Buffer.alloc(MAX_KEY_FILE_BYTES + 1, 'x'), 'it is longer than 65536 bytes'],
])('refuses %s and stores nothing', async (_, content, message) => {
  const file = content === undefined ? '/nowhere/key.pem' : keyFile('bad.pem', content);
  expect(await cli.refused('generate-keys', '--import', file)).toContain(message);
  expect(await cli.refused('config', `proxy.key.private=@${file}`)).toContain(message);
  expect(await setting('proxy.key.private')).toBe('');
  expect(await setting('proxy.bundle.key.private')).toBe('');
});
