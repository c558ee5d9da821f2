import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { encodeStream } from '../../../src/assertions/format/stream.js';
import { privatePem, publicPem } from '../../../src/common/crypto/pem.js';
import { MAX_SETTINGS_BYTES, settingsYaml } from '../../../src/settings/settings-yaml.js';
import { Cli, refusalIn } from '../../support/cli.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { runPiped } from '../../support/piped-program.js';
import { PROGRAM, type Outcome } from '../../support/program.js';
import { query } from '../../support/query.js';
import { secretFile } from '../../support/secret-file.js';
import { openedSetting } from '../../support/secrets.js';
import { testKey, TestStoreStack } from '../../support/store-stack.js';

const stack = new TestStoreStack();
const URL_OF_STORE = 'http://store.example:8080';
const key = testKey('unit');

let directory: string;
let root: string;
let stream: string;
let shared: TestDatabase;
let separate: TestDatabase;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'config-transfer-'));
  root = file('root.assert', encodeStream(stack.trusted()));
  stream = file(
    'proxy.assert',
    encodeStream(stack.chain(stack.store({ store: 'acme-store', url: URL_OF_STORE }))),
  );
  shared = await createTestDatabase();
  separate = await createTestDatabase();
});
afterAll(async () => {
  await shared.drop();
  await separate.drop();
  rmSync(directory, { recursive: true });
});

function file(name: string, content: Buffer | string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

const unit = (name: string) => new Cli(() => join(directory, name));

async function importYaml(name: string, yaml: string, ...words: string[]): Promise<Outcome> {
  return await runPiped(['--data', join(directory, name), 'config', '--import-yaml', ...words], yaml);
}

async function storedSettings({ url }: TestDatabase, name: string): Promise<unknown[]> {
  const rows = await query<{ key: string; value: string }>(
    url,
    'select key, value from setting order by key',
  );
  return rows.map(({ key: of, value }) => ({
    key: of,
    value: openedSetting(join(directory, name), of, value),
  }));
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('a second unit', () => {
  let yaml: string;

  it('starts with the export of the first unit', async () => {
    await unit('first').done(
      'config',
      `proxy.db.connection=${shared.url}`,
      `proxy.trusted-assertions=${root}`,
    );
    await unit('first').done('register', '--from', stream);
    const keyFile = file('store.pem', privatePem(key));
    await unit('first').done(
      'config',
      `proxy.key.private=@${keyFile}`,
      'proxy.port.http=8080',
      'proxy.ipaddress=127.0.0.1',
    );
    await unit('first').done('enable-airgap-mode', '--password', secretFile(directory, 'correct horse'));
    yaml = await unit('first').done('config', '--export-yaml');
    const settings = parse(yaml) as Record<string, string>;
    expect(Object.keys(settings)).toEqual(Object.keys(settings).toSorted());
    expect(Object.values(settings).every((value) => typeof value === 'string')).toBe(true);
    expect(settings).toMatchObject({
      'proxy.db.connection': shared.url,
      'proxy.domain': 'store.example',
      'proxy.port.http': '8080',
      'proxy.key.private': privatePem(key),
      'proxy.key.public': publicPem(key),
      'proxy.airgap': 'true',
      'proxy.device-auth.secret': await unit('first')
        .ok('config', 'proxy.device-auth.secret')
        .then((text) => text.trim()),
      'internal.store.id': 'acme-store',
      'internal.store.url': URL_OF_STORE,
      'internal.airgap.gateway-hash': expect.stringContaining('scrypt') as string,
    });
  });

  it("requires the first unit's secrets key if it shares the database", async () => {
    const message = refusalIn(await importYaml('second', yaml));
    expect(message).toMatch(
      /^cannot import settings: cannot unwrap the secrets of the database: this machine has no secrets key, /,
    );
    expect(existsSync(join(directory, 'second/config.yaml'))).toBe(false);
    const exported = file('secrets.key', await unit('first').done('secrets-key', 'export'));
    await unit('second').done('secrets-key', 'import', `@${exported}`);
  });

  it('has the same settings, so that the checksums of both exports are equal', async () => {
    const { status, stdout, stderr } = await importYaml('second', yaml);
    expect(status).toBe(0);
    expect(stderr).toBe(
      'A running server reads proxy.db.connection, proxy.ipaddress, proxy.port.http only when it starts: restart it.\n',
    );
    expect(stdout).toContain('proxy.domain: store.example\n');
    expect(stdout).toContain('proxy.key.private: <redacted>\n');
    expect(stdout).toContain('proxy.key.public: |\n  -----BEGIN PUBLIC KEY-----\n');
    expect(stdout).not.toContain('PRIVATE KEY');
    expect(sha256(await unit('second').done('config', '--export-yaml'))).toBe(sha256(yaml));
    expect(await unit('second').done('config')).toBe(await unit('first').done('config'));
    expect(statSync(join(directory, 'second/config.yaml')).mode & 0o777).toBe(0o600);
    expect(await unit('second').done('status')).toContain('Store ID: acme-store\n');
  });

  it('may import the same settings again', async () => {
    expect((await importYaml('second', yaml)).status).toBe(0);
    expect(await unit('second').done('config', '--export-yaml')).toBe(yaml);
  });

  it('with its own database is told which assertions it needs first, and is the same store afterwards', async () => {
    const own = yaml.replace(shared.url, separate.url);
    expect(own).not.toBe(yaml);
    expect(refusalIn(await importYaml('third', own))).toBe(
      `cannot import settings: cannot find a store assertion for store id acme-store: add it with \`snap-store-proxy ack FILE\` (FILE is the response of ${URL_OF_STORE}/v2/auth/store/assertions on the first unit; before \`ack\`, set proxy.db.connection and proxy.trusted-assertions as on the first unit)`,
    );
    expect(existsSync(join(directory, 'third/config.yaml'))).toBe(false);
    expect(await storedSettings(separate, 'third')).toEqual([]);
    await unit('third').done(
      'config',
      `proxy.db.connection=${separate.url}`,
      `proxy.trusted-assertions=${root}`,
    );
    await unit('third').done('ack', stream);
    expect((await importYaml('third', own)).status).toBe(0);
    expect(await unit('third').done('config', '--export-yaml')).toBe(own);
    expect(await storedSettings(separate, 'third')).toEqual(await storedSettings(shared, 'first'));
  });

  it.each([
    [
      'proxy.airgap: "false"',
      'cannot set proxy.airgap to false: this store is in air-gapped mode, which cannot be switched off',
    ],
    [
      'internal.store.id: acme-store\ninternal.store.url: http://x',
      'cannot set internal.store.url: it does not match internal.store.id',
    ],
    ['proxy.port.http: 0', 'cannot set proxy.port.http to "0": give a port from 1 to 65535'],
    ['proxy.nonsense: 1', 'proxy.nonsense is not a setting'],
    [
      'proxy.nonsense: secret\nproxy.domain: x\n"a\\nb": secret\nproxy.cache.size: 2048',
      'proxy.nonsense is not a setting; "a\\nb" is not a setting; proxy.cache.size has no meaning in this program (snaps are stored, not cached)',
    ],
    [
      'proxy.db.connection: mysql://secret',
      'cannot use the database connection URL: it must look like postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with one host',
    ],
    ['', 'the standard input is empty'],
    ['proxy.domain: secret: text', 'it is not YAML'],
  ])('refuses %j, and keeps the old settings', async (text, why) => {
    expect(refusalIn(await importYaml('second', `${text}\n`))).toBe(`cannot import settings: ${why}`);
    expect(
      refusalIn(await importYaml('second', text === '' ? '' : `proxy.ipaddress: "::1"\n${text}\n`)),
    ).toBe(`cannot import settings: ${why}`);
    expect(await unit('second').done('config', '--export-yaml')).toBe(yaml);
  });

  it('refuses a public key that does not match the private key', async () => {
    const other = settingsYaml({
      'proxy.key.private': privatePem(testKey('other unit')),
      'proxy.key.public': publicPem(key),
    });
    expect(refusalIn(await importYaml('second', other))).toBe(
      'cannot import settings: cannot set proxy.key.public: it does not match proxy.key.private',
    );
    expect(await unit('second').done('config', '--export-yaml')).toBe(yaml);
  });

  it('does not change the file if the database cannot be reached', async () => {
    const away = 'proxy.db.connection: postgresql://nobody:secret@127.0.0.1:1/none\nproxy.domain: x\n';
    const message = refusalIn(await importYaml('second', away));
    expect(message).toMatch(/^cannot import settings: cannot reach the database at 127\.0\.0\.1:1: /);
    expect(message).not.toContain('secret');
    expect(await unit('second').done('config', '--export-yaml')).toBe(yaml);
  });

  it('accepts a file up to the limit, and refuses one byte more', async () => {
    const padded = `${yaml}#${'x'.repeat(MAX_SETTINGS_BYTES - Buffer.byteLength(yaml) - 2)}\n`;
    expect((await importYaml('second', padded)).status).toBe(0);
    expect(refusalIn(await importYaml('second', `${padded}\n`))).toBe(
      `cannot import settings: the standard input is longer than ${MAX_SETTINGS_BYTES} bytes`,
    );
    expect(await unit('second').done('config', '--export-yaml')).toBe(yaml);
  });
});

describe('config', () => {
  it.each([
    [['--export-yaml', '--import-yaml'], 'cannot use --export-yaml: give it without --import-yaml'],
    [
      ['--export-yaml', 'proxy.domain'],
      'cannot use --export-yaml: it applies to all settings, so give it without keys',
    ],
    [
      ['--import-yaml', 'proxy.domain=x'],
      'cannot use --import-yaml: it applies to all settings, so give it without keys',
    ],
    [['--export-yaml', '--json'], 'cannot use --export-yaml: it prints YAML, so give it without --json'],
    [
      ['proxy.oci-registry.domain=1'],
      'cannot use proxy.oci-registry.domain: it has no meaning in this program (charms are not served)',
    ],
    [
      ['proxy.storage.backend'],
      'cannot use proxy.storage.backend: it has no meaning in this program (snap files are stored in the data directory, not in object storage)',
    ],
  ])('%j is refused', async (words, why) =>
    expect(refusalIn(await unit('second').run('config', ...words))).toBe(why),
  );

  it('stores settings that come with a database in that database', async () => {
    const before = await storedSettings(shared, 'first');
    const own = file('third.key', await unit('third').done('secrets-key', 'export'));
    await unit('second').done('secrets-key', 'import', `@${own}`);
    const words = [`proxy.db.connection=${separate.url}`, 'proxy.domain=elsewhere.example'];
    await unit('second').done('config', ...words.toReversed());
    expect(await storedSettings(shared, 'first')).toEqual(before);
    expect(await storedSettings(separate, 'third')).toContainEqual({
      key: 'proxy.domain',
      value: 'elsewhere.example',
    });
    expect(await unit('second').done('config', 'proxy.domain')).toBe('elsewhere.example\n');
  });

  it('changes nothing in the database if the file of the unit cannot be written', async () => {
    const before = await storedSettings(separate, 'third');
    const unitFile = join(directory, 'second/config.yaml');
    const text = readFileSync(unitFile, 'utf8');
    const words = [
      '--data',
      join(directory, 'second'),
      'config',
      'proxy.domain=lost.example',
      'proxy.port.http=81',
    ];
    const { status, stderr } = spawnSync(
      'sh',
      ['-c', 'ulimit -f 0; exec "$@"', 'sh', process.execPath, PROGRAM, ...words],
      {
        encoding: 'utf8',
      },
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(/^error: cannot write \S+config\.yaml: EFBIG[^\n]+\n$/);
    expect(await storedSettings(separate, 'third')).toEqual(before);
    expect(readFileSync(unitFile, 'utf8')).toBe(text);
    expect(readdirSync(join(directory, 'second')).toSorted()).toEqual(['config.yaml', 'secrets.key']);
  });
});
