import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { digestToHex } from '../../src/common/crypto/digest.js';
import { ATTEMPTS } from '../../src/outgoing/retry.service.js';
import { AIRGAP } from '../../src/settings/mode.settings.js';
import { SettingsService } from '../../src/settings/settings.service.js';
import { bundleOf } from '../support/bundle-writer.js';
import { Fetching } from '../support/fetching.js';
import { writeArchive } from '../support/input-forms.js';
import { refusalOf } from '../support/refusal.js';
import { StoreApp } from '../support/store-app.js';
import { readTarGz } from '../support/tar-file.js';
import { TestPublisher } from '../support/test-snaps.js';
import type { AskedFor } from '../support/web-server.js';

const publisher = new TestPublisher();
const snap = publisher.snap({ name: 'app1', revision: 7, base: 'none', padding: randomBytes(500_000) });
const CUT_AT = Math.floor(snap.sizeBytes * 0.99);
let fetching: Fetching;
let exportDir: string;
let exports_ = 0;

beforeAll(async () => {
  fetching = await Fetching.start(publisher);
  await fetching.upstream.push(await writeArchive(fetching.upstream.directory, bundleOf([snap])));
});
afterAll(() => fetching.stop());
beforeEach(() => {
  fetching.passOn();
  exports_ += 1;
  exportDir = join(fetching.store.directory, `exports-${exports_}`);
  for (const name of partials()) execFileSync('rm', [join(partialDir(), name)]);
});

const partialDir = () => join(fetching.store.dataDir, 'downloads/partial');
const partials = () => (existsSync(partialDir()) ? readdirSync(partialDir()) : []);
const fetch = async () => await fetching.fetch(['app1'], { withNeeds: false, exportDir });
const downloads = () => fetching.between.asked.filter(({ path }) => path.includes('/download/'));

async function refusal(): Promise<string> {
  const message = await refusalOf(fetch());
  expect(message).not.toContain('\n');
  expect(existsSync(exportDir) ? readdirSync(exportDir) : []).toEqual([]);
  return message;
}

/** Answers downloads with this function, and everything else like the upstream store. */
function downloadsAnswer(
  answer: (asked: AskedFor, reply: ServerResponse, count: number) => unknown,
  where = '/download/',
): void {
  const passOn = fetching.between.answer;
  let count = 0;
  fetching.between.answer = async (asked, reply) => {
    if (!asked.path.includes(where)) return await passOn(asked, reply);
    count += 1;
    return await answer(asked, reply, count);
  };
}

/** Changes a JSON answer. */
function edited(where: string, edit: (text: string) => string): void {
  downloadsAnswer(async (asked, reply) => {
    const { status, headers, body } = await fetching.ask(asked);
    const text = edit(body.toString());
    reply.writeHead(status, { ...headers, 'content-length': String(Buffer.byteLength(text)) }).end(text);
  }, where);
}

function partOf(asked: AskedFor, reply: ServerResponse, bytes: Buffer): void {
  const from = Number(/bytes=(\d+)-/.exec(asked.headers.range ?? '')?.[1] ?? 0);
  const head = from > 0 ? { 'Content-Range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {};
  reply.writeHead(from > 0 ? 206 : 200, head).end(bytes.subarray(from));
}

function cut(reply: ServerResponse): void {
  reply.writeHead(200, { 'Content-Length': String(snap.sizeBytes) });
  reply.write(snap.bytes.subarray(0, CUT_AT), () => setImmediate(() => reply.destroy()));
}

describe('a download that is cut at 99 %', () => {
  it('is continued from there', async () => {
    downloadsAnswer((asked, reply, count) => (count === 1 ? cut(reply) : partOf(asked, reply, snap.bytes)));
    await fetch();
    expect(downloads()).toHaveLength(2);
    expect(Number(/bytes=(\d+)-/.exec(downloads()[1]?.headers.range ?? '')?.[1])).toBeGreaterThan(0);
  });

  it('is continued by the next fetch if this one gives up', async () => {
    downloadsAnswer((_, reply, count) => (count === 1 ? cut(reply) : reply.destroy()));
    expect(await refusal()).toMatch(
      /^cannot fetch snap app1 revision 7: cannot reach \S+: the connection was cut$/,
    );
    // Received bytes reset the number of attempts.
    expect(downloads()).toHaveLength(1 + ATTEMPTS - 1);
    expect(partials()).toEqual([digestToHex(snap.digest)]);
    const { size } = statSync(join(partialDir(), digestToHex(snap.digest)));
    expect(size).toBeGreaterThan(0);
    fetching.passOn();
    await fetch();
    expect(downloads().map(({ headers }) => headers.range)).toEqual([`bytes=${size}-`]);
    expect(partials()).toEqual([]);
  });

  it('starts again if the server does not support ranges', async () => {
    downloadsAnswer((_, reply, count) => (count === 1 ? cut(reply) : reply.end(snap.bytes)));
    const { bundles } = await fetch();
    expect(downloads().map(({ headers }) => headers.range)).toEqual([
      undefined,
      expect.stringMatching(/^bytes=[1-9]\d*-$/),
    ]);
    const files = await readTarGz(bundles[0]?.path ?? '');
    expect(files.get('app1/app1_7.snap')?.equals(snap.bytes)).toBe(true);
    expect(partials()).toEqual([]);
  });
});

it('continues the download of an ended process, but not of a running one', async () => {
  mkdirSync(partialDir(), { recursive: true });
  const hex = digestToHex(snap.digest);
  writeFileSync(join(partialDir(), `${hex}.9999999`), snap.bytes.subarray(0, 1_000));
  writeFileSync(join(partialDir(), `${hex}.1`), 'of another process');
  await fetch();
  expect(downloads()[0]?.headers.range).toBe('bytes=1000-');
  expect(partials()).toEqual([`${hex}.1`]);
});

it('does not trust the files of an earlier fetch: wrong bytes are fetched again', async () => {
  mkdirSync(partialDir(), { recursive: true });
  writeFileSync(join(partialDir(), digestToHex(snap.digest)), randomBytes(snap.sizeBytes - 10));
  await fetch();
  expect(downloads().map(({ headers }) => headers.range)).toEqual([
    `bytes=${snap.sizeBytes - 10}-`,
    undefined,
  ]);
});

it('does not download existing files again', async () => {
  mkdirSync(partialDir(), { recursive: true });
  writeFileSync(join(partialDir(), digestToHex(snap.digest)), snap.bytes);
  await fetch();
  expect(downloads()).toEqual([]);
});

it.each([429, 503])('waits for the time in the answer %i', async (status) => {
  downloadsAnswer((asked, reply, count) =>
    count < 3 ? reply.writeHead(status, { 'Retry-After': '5' }).end() : partOf(asked, reply, snap.bytes),
  );
  await fetch();
  expect(fetching.waits).toEqual([5_000, 5_000]);
});

it('follows a redirect to another host', async () => {
  downloadsAnswer((asked, reply) =>
    asked.path.startsWith('/cdn')
      ? partOf(asked, reply, snap.bytes)
      : reply.writeHead(302, { Location: '/cdn/download/x?token=1' }).end(),
  );
  await fetch();
  expect(downloads().map(({ path }) => path.split('?')[0])).toContain('/cdn/download/x');
});

it.each([
  [
    'wrong bytes',
    () => Buffer.from(snap.bytes).map((byte, at) => (at === 5_000 ? byte ^ 1 : byte)),
    'the downloaded file does not match its assertion',
  ],
  [
    'one byte too many',
    () => Buffer.concat([snap.bytes, Buffer.from('x')]),
    `it is longer than ${snap.sizeBytes} bytes`,
  ],
  ['one byte too few', () => snap.bytes.subarray(0, -1), `of ${snap.sizeBytes} bytes`],
])('refuses %s', async (_, bytes, message) => {
  downloadsAnswer((_asked, reply) => reply.end(bytes()));
  expect(await refusal()).toContain(message);
  fetching.passOn();
  await fetch();
});

it.each([404, 403, 416])('refuses a download that is answered %i', async (status) => {
  downloadsAnswer((_, reply) => reply.writeHead(status).end());
  expect(await refusal()).toMatch(
    new RegExp(`^cannot fetch snap app1 revision 7: http://127\\.0\\.0\\.1:\\d+ answered ${status}$`),
  );
  expect(downloads()).toHaveLength(1);
});

it.each([
  ['another revision', '"revision":7', '"revision":8', 'its assertions do not match (snap app1 revision 7'],
  ['another size', `"size":${snap.sizeBytes}`, `"size":${snap.sizeBytes + 1}`, 'its assertions do not match'],
  ['another snap', '"name":"app1"', '"name":"app2"', 'the upstream store answered with snap app2'],
  [
    'another architecture',
    '"architectures":["amd64"]',
    '"architectures":["arm64"]',
    'answered with a revision for arm64',
  ],
  ['another digest', digestToHex(snap.digest), 'a'.repeat(96), 'cannot fetch snap-revision '],
  ['no result', '"instance-key":"install-1"', '"instance-key":"x"', 'an action has no result'],
  ['invalid JSON', '{', '[', 'it is not JSON'],
])('refuses an answer with %s', async (_, from, to, message) => {
  edited('/v2/snaps/refresh', (text) => text.replaceAll(from, to));
  expect(await refusal()).toContain(message);
  expect(downloads()).toEqual([]);
});

it('refuses an answer with another revision than the requested one', async () => {
  edited('/v2/snaps/refresh', (text) => text.replace('"revision":7', '"revision":6'));
  const message = await fetching
    .fetch(['app1=7'], { withNeeds: false, exportDir })
    .catch((error: Error) => error.message);
  expect(message).toBe(
    'cannot fetch snap app1 revision 7 for amd64: the upstream store answered with revision 6',
  );
});

it.each(['snap-revision', 'snap-declaration', 'account/', 'account-key'])(
  'refuses a chain that lacks its %s',
  async (type) => {
    downloadsAnswer(
      (_, reply) => reply.writeHead(404, { 'content-type': 'application/problem+json' }).end('{}'),
      `/v2/assertions/${type}`,
    );
    expect(await refusal()).toMatch(
      new RegExp(`^cannot fetch ${type.replace('/', '')} \\S+: the upstream store does not have it$`),
    );
    expect(downloads()).toEqual([]);
  },
);

it('refuses a chain with a forged signature', async () => {
  edited('/v2/assertions/snap-declaration', (text) => text.replace('snap-name: app1', 'snap-name: app2'));
  expect(await refusal()).toMatch(/^cannot verify snap-declaration /);
});

it('refuses the upstream store if its root is not trusted', async () => {
  const stranger = await StoreApp.start();
  try {
    await stranger.app.get(SettingsService).set([['proxy.upstream', fetching.between.url.href]]);
    expect(
      await fetching.fetch(['app1'], { exportDir, by: stranger }).catch((error: Error) => error.message),
    ).toMatch(/^cannot verify account-key\/[-\w]{64}: it is self-signed/);
    expect(downloads()).toEqual([]);
  } finally {
    await stranger.stop();
  }
});

it('quotes the reason of the upstream store for a refusal', async () => {
  downloadsAnswer(
    (_, reply) => reply.writeHead(400).end('{"error-list":[{"code":"x","message":"no such device"}]}'),
    '/v2/snaps/refresh',
  );
  expect(await refusal()).toMatch(/^cannot resolve snaps: http:\S+ answered 400 \(no such device\)$/);
});

it('opens no connection in air-gapped mode', async () => {
  const settings = fetching.store.app.get(SettingsService);
  await settings.record([[AIRGAP, 'true']]);
  expect(await refusal()).toMatch(/^cannot fetch snaps: the store is in air-gapped mode/);
  expect(fetching.between.asked).toEqual([]);
  await settings.record([[AIRGAP, 'false']]);
});
