import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Assertion } from '../../../src/assertions/format/assertion.js';
import { encodeStream } from '../../../src/assertions/format/stream.js';
import { privatePem, publicPem } from '../../../src/common/crypto/pem.js';
import { MAX_REGISTRATION_BYTES } from '../../../src/registration/format/registration-bundle.js';
import { sealPrivateKey } from '../../../src/registration/format/sealed-key.js';
import { MAX_STREAM_BYTES } from '../../../src/registration/registration-file.js';
import { Cli } from '../../support/cli.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { run } from '../../support/program.js';
import { hasReal, REAL } from '../../support/real.js';
import { testKey, TestStoreStack } from '../../support/store-stack.js';
import { writeTarGz } from '../../support/tar-file.js';

const PASSWORD = 'correct horse';
const stack = new TestStoreStack();
const first = stack.store({ store: 'acme-store', url: 'http://store.example:8080' });
const chain = stack.chain(first);
const moved = stack.chain(
  stack.store({ store: 'acme-store', url: 'https://moved.example' }, { headers: { revision: '1' } }),
);
const other = stack.chain(stack.store({ store: 'other-store', url: 'http://other.example' }));

let directory: string;
const databases: TestDatabase[] = [];
let current: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'register-from-'));
  writeFileSync(join(directory, 'root.assert'), encodeStream(stack.trusted()));
});
afterAll(async () => {
  for (const database of databases) await database.drop();
  rmSync(directory, { recursive: true });
});

const cli = new Cli(() => current);

/** Makes an unregistered store with its own database. */
async function freshStore(): Promise<void> {
  const database = await createTestDatabase();
  databases.push(database);
  current = join(directory, `data-${databases.length}`);
  const trusted = `proxy.trusted-assertions=${join(directory, 'root.assert')}`;
  expect((await cli.run('config', `proxy.db.connection=${database.url}`)).status).toBe(0);
  expect((await cli.run('config', trusted)).status).toBe(0);
}

function file(name: string, content: Buffer | string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

const key = testKey('from');

function bundle(changes: Readonly<Record<string, unknown>> = {}): string {
  const document = {
    domain: 'ignored.example',
    private_key: privatePem(key),
    public_key: publicPem(key),
    store_id: 'acme-store',
    store_assertion: encodeStream(chain).toString(),
    ...changes,
  };
  return Buffer.from(JSON.stringify(document)).toString('base64');
}

async function setting(name: string): Promise<string> {
  return (await cli.run('config', name)).stdout.trim();
}

/** Lists what the store holds, without the free space of the disk. */
async function held(): Promise<string[]> {
  const { stdout } = await cli.run('status');
  return [(await cli.run('config')).stdout, stdout.replace(/^Storage free bytes: .*$/m, '')];
}

/** Expects a one-line refusal, and unchanged settings and assertions. */
async function refused(...words: string[]): Promise<string> {
  const before = await held();
  const why = await cli.refused('register', ...words);
  expect(why).toMatch(/^cannot .+[^.]$/);
  expect(await held()).toEqual(before);
  return why;
}

describe('a registration in a file', () => {
  it('is imported from a stream, without keys', async () => {
    await freshStore();
    const taken = await cli.run('register', '--from', file('stream', encodeStream(chain)));
    expect(taken).toEqual({
      status: 0,
      stderr: '',
      stdout: 'Store URL: http://store.example:8080\nStore ID: acme-store\n',
    });
    expect(await setting('internal.store.id')).toBe('acme-store');
    expect(await setting('internal.store.url')).toBe('http://store.example:8080');
    expect(await setting('proxy.domain')).toBe('store.example');
    expect(await setting('proxy.key.public')).toBe('');
  });

  it('determines the URL of devices: a different domain is set with a warning, the same one without', async () => {
    expect(await cli.run('config', 'proxy.domain=other.example')).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(
        /^warning: devices use http:\/\/store\.example:8080, .*, and not other\.example; to change it, .*`snap-store-proxy reregister`\n$/,
      ) as string,
    });
    expect(await cli.run('config', 'proxy.domain=store.example')).toMatchObject({ status: 0, stderr: '' });
  });

  it('is imported from a bundle with its keys, and again without harm', async () => {
    const path = file('bundle', bundle());
    const json = await cli.run('register', '--from', path, '--json');
    expect(JSON.parse(json.stdout)).toEqual({
      'store-id': 'acme-store',
      'store-url': 'http://store.example:8080',
      keys: 'kept',
    });
    expect(await setting('proxy.key.private')).toBe(privatePem(key).trim());
    expect(await setting('proxy.key.public')).toBe(publicPem(key).trim());
    expect((await cli.run('register', '--from', path)).status).toBe(0);
  });

  it('is imported again after the store has moved, but not in an older revision', async () => {
    expect((await cli.run('register', '--from', file('moved', encodeStream(moved)))).status).toBe(0);
    expect(await setting('proxy.domain')).toBe('moved.example');
    expect(await setting('internal.store.url')).toBe('https://moved.example');
    expect(await refused('--from', join(directory, 'stream'))).toContain(
      'cannot register from stream: its store assertion has revision 0, but this store already has revision 1',
    );
  });

  it('does not make it another store, and does not remove its keys', async () => {
    expect(await refused('--from', file('other', encodeStream(other)))).toContain(
      'it is for store other-store, but this store is registered as acme-store',
    );
    const others = {
      private_key: privatePem(testKey('others')),
      public_key: publicPem(testKey('others')),
      store_assertion: encodeStream(moved).toString(),
    };
    const path = file('other-keys', bundle(others));
    expect(await refused('--from', path)).toContain('keep a copy of those, then give --replace-keys');
    expect((await cli.run('register', '--from', path, '--replace-keys')).status).toBe(0);
    expect(await setting('proxy.key.private')).toBe(others.private_key.trim());
  });

  it('is imported from a complete package, with its key encrypted until the password is given', async () => {
    await freshStore();
    const [store = first] = chain.slice(-1);
    const sealed = await sealPrivateKey(privatePem(key), PASSWORD);
    const path = await writeTarGz(join(directory, 'offline-snap-store.tar.gz'), {
      'offline-snap-store/install.sh': '#!/bin/sh\n',
      'offline-snap-store/proxy.assert': encodeStream(chain),
      // Canonical's documentation describes a store assertion without its chain.
      'offline-snap-store/registration_bundle.b64': bundle({
        private_key: sealed,
        store_assertion: encodeStream([store]).toString(),
      }),
      'offline-snap-store/program/deeper/proxy.assert': 'of something else',
    });
    const taken = await cli.run('register', '--from', path);
    expect([taken.status, taken.stderr]).toEqual([0, '']);
    expect(taken.stdout).toContain('Keys: encrypted, until');
    expect(await setting('proxy.key.private')).toBe('');
    expect((await cli.run('config', 'internal.registration.sealed-key')).stdout.trim()).toBe(sealed);
    const opened = await run(['--data', current, 'enable-airgap-mode'], {
      SNAPSTORE_BETA_PASSWORD: PASSWORD,
    });
    expect([opened.status, opened.stderr]).toEqual([0, expect.any(String)]);
    expect(await setting('proxy.key.private')).toBe(privatePem(key).trim());
    // It also works in air-gapped mode, and a decrypted key stays decrypted.
    expect((await cli.run('register', '--from', path)).status).toBe(0);
    expect(await setting('proxy.key.private')).toBe(privatePem(key).trim());
  });

  it('is imported without keys in an unsupported format, with a note', async () => {
    await freshStore();
    const path = file('odd', bundle({ private_key: 'AAAA', public_key: 'BBBB', domain: 'http://odd/' }));
    const taken = await cli.run('register', '--from', path, '--json');
    expect(taken.stderr).toMatch(
      /^The key pair is left out: private_key is not an RSA key of .+ without it\.\n$/,
    );
    expect(JSON.parse(taken.stdout)).toMatchObject({ keys: 'left-out' });
    expect(await setting('proxy.key.public')).toBe('');
    expect(await setting('internal.store.id')).toBe('acme-store');
  });

  it('is refused if it is not a registration or cannot be verified', async () => {
    await freshStore();
    const stranger = new TestStoreStack({ authorityId: 'stranger' });
    const unknown = stranger.chain(stranger.store({ store: 'acme-store', url: 'http://store.example' }));
    const withoutUrl = stack.chain(stack.store({ store: 'no-url' }));
    const cases: [string, Buffer | string, string][] = [
      ['empty', '', 'it is not base64'],
      ['text', 'hello world!', 'it is not base64'],
      ['snap', 'hsqs', 'it is a snap, not a registration'],
      ['cut', encodeStream(chain).subarray(0, -700), 'cannot decode'],
      ['changed', encodeStream(chain).toString().replace('store.example', 'evil0.example'), 'cannot verify'],
      ['unknown', encodeStream(unknown), 'cannot verify'],
      ['without-keys', encodeStream([first]), 'missing'],
      ['without-store', encodeStream(chain.slice(0, -1)), 'it contains no store assertion'],
      ['without-url', encodeStream(withoutUrl), 'the store assertion of no-url has no url'],
      ['two', encodeStream([...chain, ...other]), 'a registration is for one store'],
      ['more', encodeStream(withDeclaration()), 'it holds a snap-declaration; a registration has'],
      ['other-id', bundle({ store_id: 'other-store' }), 'holds no store assertion of other-store'],
      ['pairs', bundle({ public_key: publicPem(testKey('others')) }), 'do not match'],
      ['fields', bundle({ store_id: 7 }), 'store_id is missing or not a string'],
    ];
    for (const [name, content, says] of cases)
      expect(await refused('--from', file(name, content)), name).toContain(says);
    expect(await refused('--from', join(directory, 'nowhere'))).toContain('there is no such file');
    expect(await refused('--from', directory)).toContain('it is a folder');
    expect(await refused('--replace-keys')).toContain('cannot use --replace-keys without --from');
  });

  it('is refused from an archive with none or with two', async () => {
    const assertion = encodeStream(chain);
    const archives: [Record<string, Buffer | string>, string][] = [
      [{ 'x/readme': '' }, 'it holds neither proxy.assert nor registration_bundle.b64'],
      [{ 'x/proxy.assert': assertion, 'y/proxy.assert': assertion }, 'it holds two files named proxy.assert'],
      [{ 'x/../proxy.assert': assertion }, 'part in its name'],
      [{ 'proxy.assert': Buffer.alloc(MAX_STREAM_BYTES + 1, 'x') }, `longer than ${MAX_STREAM_BYTES} bytes`],
    ];
    for (const [files, says] of archives)
      expect(await refused('--from', await writeTarGz(join(directory, 'a.tar.gz'), files))).toContain(says);
  });

  it('is accepted up to its limits', async () => {
    const padded = (bytes: number) => bundle().padEnd(bytes, '\n');
    expect(await refused('--from', file('long', padded(MAX_REGISTRATION_BYTES + 1)))).toContain(
      `it is longer than ${MAX_REGISTRATION_BYTES} bytes`,
    );
    const long = Buffer.concat([encodeStream(chain), Buffer.alloc(MAX_STREAM_BYTES, '\n')]);
    expect(await refused('--from', file('stream-long', long.subarray(0, MAX_STREAM_BYTES + 1)))).toContain(
      `it is longer than ${MAX_STREAM_BYTES} bytes`,
    );
    expect(
      (await cli.run('register', '--from', file('longest', padded(MAX_REGISTRATION_BYTES)))).status,
    ).toBe(0);
  });
});

function withDeclaration(): Assertion[] {
  const declaration = stack.snapDeclaration({
    snapId: 'x'.repeat(32),
    name: 'hello',
    publisherId: 'operator',
  });
  return [...chain, declaration];
}

describe('a real registration of the official dashboard', () => {
  it.skipIf(!hasReal)('is imported with only Canonical’s root', async () => {
    await freshStore();
    expect((await cli.run('config', 'proxy.trusted-assertions=')).status).toBe(0);
    const taken = await cli.run('register', '--from', join(REAL, 'streams/enterprise-store.assert'));
    expect(taken.stderr).toBe('');
    expect(taken.stdout).toBe(
      'Store URL: https://snapd-enterprise-store.canonical.com\nStore ID: tNHLyNjAZfQIxZGNtWQ7rXTlCWLvmwa6\n',
    );
    expect(await setting('proxy.domain')).toBe('snapd-enterprise-store.canonical.com');
  });
});
