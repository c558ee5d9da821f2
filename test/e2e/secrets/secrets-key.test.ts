import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hashPassword } from '../../../src/common/crypto/password.js';
import { privatePem } from '../../../src/common/crypto/pem.js';
import { sealPrivateKey } from '../../../src/registration/format/sealed-key.js';
import { isWrappedSetting, settingPlace } from '../../../src/secrets/secret-places.js';
import { makeSecretsKey, wrapSecret } from '../../../src/secrets/secrets-key.js';
import { settingsYaml } from '../../../src/settings/settings-yaml.js';
import { Cli } from '../../support/cli.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { testKey } from '../../support/store-stack.js';

const PIN = 'pin-of-the-token-5512';
const PROXY = 'http://proxyuser:proxy-password-77@proxy.example:3128';
const API_KEY = 'ApiKeyOfTheModel4711';
/** The key of the host belongs to root only. */
const canSeal = process.getuid?.() === 0 && spawnSync('systemd-creds', ['--version']).status === 0;
const WITHOUT_SYSTEMD = canSeal ? '' : ' (skipped: requires root and systemd-creds)';

let directory: string;
let database: TestDatabase;
let client: Client;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'secrets-key-'));
  database = await createTestDatabase();
  client = new Client({ connectionString: database.url });
  await client.connect();
  await unit('first').done('config', `proxy.db.connection=${database.url}`);
});
afterEach(async () => {
  await client.end();
  await database.drop();
  rmSync(directory, { recursive: true });
});

const unit = (name: string) => new Cli(() => join(directory, name));

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

const keyFile = (name: string) => join(directory, name, 'secrets.key');
const keyId = async () =>
  (await client.query<{ key_id: string }>('select key_id from secrets_key')).rows[0]?.key_id;

/** Every secret setting, in clear. */
async function secretSettings(): Promise<Record<string, string>> {
  const sealed = await sealPrivateKey(privatePem(testKey('sealed')), 'install password');
  return {
    'internal.airgap.gateway-hash': await hashPassword('management password'),
    'internal.registration.sealed-key': sealed,
    'proxy.bundle.key.private': privatePem(testKey('bundle')),
    'proxy.cohort.secret': 'c0'.repeat(32),
    'proxy.device-auth.secret': 'd1'.repeat(32),
    'proxy.hsm.token-pin': PIN,
    'proxy.https.proxy': PROXY,
    'proxy.key.private': privatePem(testKey('store')),
    'proxy.tls.key': privatePem(testKey('tls')),
  };
}

/** What an older version left: everything in clear, and no key id. */
async function leaveInClear(settings: Readonly<Record<string, string>>): Promise<void> {
  await client.query('truncate setting; delete from secrets_key');
  for (const [key, value] of Object.entries(settings))
    await client.query('insert into setting (key, value) values ($1, to_jsonb($2::text))', [key, value]);
  const pem = privatePem(testKey('brand'));
  await client.query(
    `insert into signing_key (name, key_id, public_key, private_key) values ('brand-key', 'id', 'public', $1)`,
    [pem],
  );
  await client.query(`insert into device_model (brand_id, model, api_key) values ('acme', 'pi', $1)`, [
    API_KEY,
  ]);
}

/** As a dump contains it: every row of every table, bytes in hexadecimal. */
async function dump(): Promise<string> {
  const tables = await client.query<{ name: string }>(
    `select quote_ident(tablename) as name from pg_tables where schemaname = 'public'`,
  );
  expect(tables.rows.length).toBeGreaterThan(20);
  const rows: string[] = [];
  for (const { name } of tables.rows)
    for (const { row } of (await client.query<{ row: string }>(`select t::text as row from ${name} t`)).rows)
      rows.push(row);
  return rows.join('\n');
}

/**
 * A secret in every form that a row might contain: some bytes from its middle, as text, hexadecimal and base64.
 */
function formsOf(secret: string | Buffer): string[] {
  const bytes = Buffer.from(secret);
  const start = Math.max(0, (bytes.length >> 1) - 12);
  const middle = bytes.subarray(start, start + 24);
  // In base64 the same bytes have three forms, depending on their offset. Digits that depend on neighbouring
  // bytes are left out.
  const base64 = [0, 1, 2].map((skipped) => middle.subarray(skipped).toString('base64').slice(0, 20));
  return [middle.toString('latin1'), middle.toString('hex'), ...base64];
}

function allForms(settings: Readonly<Record<string, string>>): string[] {
  const keys = ['bundle', 'store', 'tls', 'brand'].map((name) => testKey(name));
  const exponents = keys.map((key) => Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url'));
  const hidden = Object.entries(settings).filter(([key]) => key !== 'internal.airgap.gateway-hash');
  const texts = [...hidden.map(([, text]) => text), privatePem(testKey('brand')), API_KEY];
  const raw = [settings['proxy.cohort.secret'], settings['proxy.device-auth.secret']].map((hex) =>
    Buffer.from(hex ?? '', 'hex'),
  );
  return ['PRIVATE KEY', 'proxy-password-77', ...[...texts, ...exponents, ...raw].flatMap(formsOf)];
}

describe('a copy of the database', () => {
  it('reveals no secret of any kind if an older version left all of them in clear', async () => {
    const settings = await secretSettings();
    expect(Object.keys(settings).filter((key) => !isWrappedSetting(key))).toEqual([]);
    await leaveInClear(settings);
    const before = await dump();
    for (const form of ['PRIVATE KEY', PIN, API_KEY, settings['proxy.cohort.secret'] ?? ''])
      expect(before.includes(form)).toBe(true);
    await unit('first').done('config', 'proxy.domain');
    const after = await dump();
    for (const form of allForms(settings))
      expect({ form, found: after.includes(form) }).toEqual({ form, found: false });
    for (const [key, value] of Object.entries(settings))
      expect(await unit('first').done('config', key)).toBe(`${value}\n`);
    expect(await unit('first').done('list', 'models')).toContain(API_KEY);
    expect(statSync(keyFile('first')).mode & 0o777).toBe(0o400);
  });

  it('reveals no secret that is stored afterwards', async () => {
    const settings = await secretSettings();
    const pem = file('brand.pem', privatePem(testKey('brand')));
    const outcome = await unit('first').runWith({ input: settingsYaml(settings) }, 'config', '--import-yaml');
    expect(outcome).toMatchObject({ status: 0, stderr: '' });
    await unit('first').done('create', 'key', 'brand-key', '--from-file', pem);
    const held = await dump();
    for (const form of allForms(settings))
      expect({ form, found: held.includes(form) }).toEqual({ form, found: false });
    expect(await unit('first').done('config', '--export-yaml')).toContain(PIN);
    const { rows } = await client.query<{ private_key: string }>('select private_key from signing_key');
    expect(rows[0]?.private_key).toMatch(/^\$wrapped\$v1\$/);
  });

  it('cannot be unwrapped if two values were exchanged, or one is in clear', async () => {
    await leaveInClear(await secretSettings());
    await unit('first').done('config', 'proxy.domain');
    await client.query(`update setting set value = (select value from setting where key = 'proxy.cohort.secret')
      where key = 'proxy.device-auth.secret'`);
    expect(await unit('first').refused('config', 'proxy.device-auth.secret')).toBe(
      'cannot read proxy.device-auth.secret: its wrapped value was changed, or belongs to another place; set it again',
    );
    await client.query(
      `update setting set value = to_jsonb(repeat('ab', 32)) where key = 'proxy.device-auth.secret'`,
    );
    expect(await unit('first').refused('config', 'proxy.device-auth.secret')).toMatch(
      /^cannot read proxy\.device-auth\.secret: the database contains it in clear/,
    );
  });

  it('leaves the other settings readable if one cannot be unwrapped, and it can be set again', async () => {
    await leaveInClear(await secretSettings());
    await unit('first').done('config', 'proxy.domain');
    await client.query(
      `update setting set value = to_jsonb('tampered'::text) where key = 'proxy.https.proxy'`,
    );
    expect(await unit('first').refused('config', 'proxy.https.proxy')).toMatch(
      /^cannot read proxy\.https\.proxy: .*; set it again$/,
    );
    expect(await unit('first').done('config', 'proxy.hsm.token-pin')).toBe(`${PIN}\n`);
    expect(await unit('first').done('config')).not.toContain('proxy.https.proxy');
    await unit('first').done('config', `proxy.https.proxy=@${file('proxy', PROXY)}`);
    expect(await unit('first').done('config', 'proxy.https.proxy')).toBe(`${PROXY}\n`);
  });
});

describe('several units', () => {
  it('need the key of the first unit, and report it', async () => {
    const settings = await secretSettings();
    await leaveInClear(settings);
    await unit('first').done('config', 'proxy.domain');
    await unit('second').done('config', `proxy.db.connection=${database.url}`);
    const id = await keyId();
    expect(await unit('second').refused('config', 'proxy.domain')).toBe(
      `cannot unwrap the secrets of the database: this machine has no secrets key, but the database is wrapped with ${id}; run \`secrets-key export\` on the unit that has the key, or take your copy of it, and run \`secrets-key import\` here`,
    );
    // It also makes no useless key, which an export would show as if it were the right one.
    expect(await unit('second').refused('secrets-key', 'rotate')).toMatch(/this machine has no secrets key/);
    expect(existsSync(keyFile('second'))).toBe(false);
    const wrong = await unit('second').done('secrets-key', 'generate');
    const warned = await unit('second').runWith({ input: wrong }, 'secrets-key', 'import', '-');
    expect(warned).toMatchObject({
      status: 0,
      stderr: expect.stringContaining(`${id}, which is still missing`) as string,
    });
    expect(await unit('second').refused('config', 'proxy.domain')).toMatch(
      `the secrets key of this machine (${warned.stdout.slice(12, 28)}) is not the key that wraps the database (${id})`,
    );
    expect(
      await unit('second').refused('config', `proxy.cohort.secret=@${file('secret', 'ab'.repeat(32))}`),
    ).toMatch(/^cannot unwrap the secrets of the database: the secrets key of this machine /);
    const exported = file('exported', await unit('first').done('secrets-key', 'export'));
    expect(await unit('second').done('secrets-key', 'import', `@${exported}`)).toBe(
      `Secrets key ${id}: imported\nThe database is wrapped with ${id}, which is present\n`,
    );
    expect(await unit('second').done('config', 'proxy.hsm.token-pin')).toBe(`${PIN}\n`);
    expect(await unit('second').done('secrets-key')).toContain(`Database: wrapped with ${id}\n`);
    expect(statSync(keyFile('second')).mode & 0o777).toBe(0o400);
  });

  it('wrap the secrets once, even if several start at the same time with their own keys', async () => {
    const settings = await secretSettings();
    await leaveInClear(settings);
    await unit('second').done('config', `proxy.db.connection=${database.url}`);
    const names = ['first', 'second', 'first', 'second'];
    const outcomes = await Promise.all(names.map((name) => unit(name).run('config', 'proxy.hsm.token-pin')));
    const id = await keyId();
    const isFirst = outcomes[0]?.status === 0;
    const [winner, loser] = isFirst ? ['first', 'second'] : ['second', 'first'];
    for (const [index, { status, stdout, stderr }] of outcomes.entries()) {
      const expected =
        names[index] === winner
          ? { status: 0, stdout: `${PIN}\n`, stderr: '' }
          : { status: 1, stdout: '', stderr: expect.stringContaining(`wrapped with ${id}`) as string };
      expect({ status, stdout, stderr }).toEqual(expected);
    }
    copyFileSync(keyFile(winner), join(directory, 'copy'));
    await unit(loser).done('secrets-key', 'import', `@${join(directory, 'copy')}`);
    expect(await unit(loser).done('config', 'proxy.hsm.token-pin')).toBe(`${PIN}\n`);
  });
});

describe('a new key', () => {
  it('wraps everything again, and the old key unwraps only earlier copies', async () => {
    await leaveInClear(await secretSettings());
    await unit('first').done('config', 'proxy.domain');
    const [before, old] = [await dump(), readFileSync(keyFile('first'), 'utf8')];
    const { 'key-id': id, secrets } = JSON.parse(
      await unit('first').done('secrets-key', 'rotate', '--json'),
    ) as {
      'key-id': string;
      secrets: number;
    };
    expect(secrets).toBe(11);
    expect(await keyId()).toBe(id);
    const after = await dump();
    expect(after.match(/\$wrapped\$v1\$[0-9a-f]{16}/g)).toEqual(Array(11).fill(`$wrapped$v1$${id}`));
    expect(before).not.toContain(id);
    expect(await unit('first').done('config', 'proxy.hsm.token-pin')).toBe(`${PIN}\n`);
    expect(await unit('first').done('list', 'models')).toContain(API_KEY);
    expect(readFileSync(keyFile('first'), 'utf8')).not.toContain(old);
    expect(await unit('first').done('secrets-key')).toBe(
      `Database: wrapped with ${id}\nThis machine: ${id}\n`,
    );
  });

  it('that every unit has imported replaces the old one without a pause', async () => {
    await leaveInClear(await secretSettings());
    await unit('first').done('config', 'proxy.domain');
    await unit('second').done('config', `proxy.db.connection=${database.url}`);
    await unit('second').done(
      'secrets-key',
      'import',
      `@${file('old', await unit('first').done('secrets-key', 'export'))}`,
    );
    const key = file('new', await unit('first').done('secrets-key', 'generate'));
    for (const name of ['first', 'second']) {
      await unit(name).done('secrets-key', 'import', `@${key}`);
      expect(await unit(name).done('config', 'proxy.hsm.token-pin')).toBe(`${PIN}\n`);
    }
    await unit('first').done('secrets-key', 'rotate', '--key', `@${key}`);
    for (const name of ['first', 'second'])
      expect(await unit(name).done('config', 'proxy.hsm.token-pin')).toBe(`${PIN}\n`);
    expect(await unit('first').refused('secrets-key', 'rotate', '--key', `@${key}`)).toMatch(
      / is already in use$/,
    );
  });

  it('does not wait for a reader that holds the tables for long', async () => {
    await leaveInClear(await secretSettings());
    await unit('first').done('config', 'proxy.domain');
    await client.query('begin; select from setting');
    await unit('first').done('secrets-key', 'rotate');
    expect(await unit('first').done('config', 'proxy.hsm.token-pin')).toBe(`${PIN}\n`);
    await client.query('rollback');
  });

  it('changes nothing if one secret cannot be unwrapped', async () => {
    await leaveInClear(await secretSettings());
    await unit('first').done('config', 'proxy.domain');
    const foreign = wrapSecret(makeSecretsKey(), settingPlace('proxy.cohort.secret'), 'ab'.repeat(32));
    await client.query(`update setting set value = to_jsonb($1::text) where key = 'proxy.cohort.secret'`, [
      foreign,
    ]);
    const before = await dump();
    expect(await unit('first').refused('secrets-key', 'rotate')).toMatch(
      /^cannot unwrap the secrets of the database: /,
    );
    expect(await dump()).toBe(before);
  });
});

describe('the file of the key', () => {
  beforeEach(async () => {
    await leaveInClear({ 'proxy.hsm.token-pin': PIN });
    await unit('first').done('config', 'proxy.domain');
  });

  it.each([
    [
      'that others may read',
      () => chmodSync(keyFile('first'), 0o440),
      /other accounts may read it; run `chmod 400 /,
    ],
    [
      'that is a link',
      () => {
        renameSync(keyFile('first'), join(directory, 'moved'));
        symlinkSync(join(directory, 'moved'), keyFile('first'));
      },
      /it is a symbolic link$/,
    ],
    [
      'that holds something else',
      () => {
        chmodSync(keyFile('first'), 0o600);
        writeFileSync(keyFile('first'), 'nonsense\n');
      },
      /line 1 is not a secrets key/,
    ],
  ])('%s is refused', async (_, spoil, message) => {
    spoil();
    expect(await unit('first').refused('config', 'proxy.domain')).toMatch(message);
  });

  it('may be a systemd credential instead', async () => {
    const folder = join(directory, 'credentials');
    mkdirSync(folder);
    renameSync(keyFile('first'), join(folder, 'secrets.key'));
    expect(await unit('first').refused('config', 'proxy.domain')).toMatch('this machine has no secrets key');
    const given = await unit('first').runWith(
      {
        env: {
          CREDENTIALS_DIRECTORY: folder,
        },
      },
      'config',
      'proxy.hsm.token-pin',
    );
    expect(given).toEqual({ status: 0, stdout: `${PIN}\n`, stderr: '' });
  });

  it.runIf(canSeal)(`may be encrypted by systemd-creds for this machine${WITHOUT_SYSTEMD}`, async () => {
    const sealed = `${keyFile('first')}.cred`;
    const words = ['encrypt', '--with-key=host', '--name=secrets.key', keyFile('first'), sealed];
    expect(spawnSync('systemd-creds', words).status).toBe(0);
    rmSync(keyFile('first'));
    expect(await unit('first').done('config', 'proxy.hsm.token-pin')).toBe(`${PIN}\n`);
    writeFileSync(sealed, 'nonsense');
    expect(await unit('first').refused('config', 'proxy.hsm.token-pin')).toMatch(
      /^cannot read the secrets key in \S+: systemd-creds: /,
    );
  });
});
