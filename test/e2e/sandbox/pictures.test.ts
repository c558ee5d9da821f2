import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { Cli } from '../../support/cli.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { Sandbox } from '../../support/sandbox.js';
import { StoreApp } from '../../support/store-app.js';

const HOST = 'store.test';
const MEDIA = '/api/v1/snaps/media/*';
let sandbox: Sandbox;
let directory: string;
let database: TestDatabase;
let target: StoreApp;
let fetches = 0;

beforeAll(async () => {
  sandbox = await Sandbox.start();
  directory = mkdtempSync(join(tmpdir(), 'sandbox-pictures-'));
  database = await createTestDatabase();
  target = await StoreApp.start();
  await target.trust(sandbox.rootFile);
  for (const word of [`proxy.db.connection=${database.url}`, ...sandbox.settings])
    expect(await cli.run('config', word)).toMatchObject({ status: 0 });
});
afterAll(async () => {
  await target.stop();
  await sandbox.stop();
  await database.drop();
  rmSync(directory, { recursive: true });
});
beforeEach(async () => await sandbox.clearFaults());

const cli = new Cli(
  () => join(directory, 'connected'),
  () => ({ NO_PROXY: '*' }),
);

/** Fetches sandbox-hello and pushes it. @returns the warnings of the fetch, except that bundles are not signed */
async function carry(): Promise<string[]> {
  fetches += 1;
  const exportDir = join(directory, `fetched-${fetches}`);
  const fetched = await cli.run('fetch-snaps', 'sandbox-hello', '--no-deps', '--export-dir', exportDir);
  expect(fetched).toMatchObject({ status: 0 });
  expect(fetched.stdout).toContain('Downloading 3 pictures of sandbox-hello\n');
  const [file = ''] = readdirSync(exportDir);
  await target.push(join(exportDir, file));
  return fetched.stderr
    .trim()
    .split('\n')
    .filter((line) => !line.includes('not signed'));
}

async function shown(): Promise<
  { type: string; url: string; width: number | null; height: number | null }[]
> {
  const url = '/v2/snaps/info/sandbox-hello?fields=media';
  const reply = await target.app.inject({ url, headers: { host: HOST } });
  return reply.json<{ snap: { media: Awaited<ReturnType<typeof shown>> } }>().snap.media;
}

it('are carried from the sandbox to the store, byte for byte', async () => {
  expect(await carry()).toEqual([]);
  const there = (await (await fetch(`${sandbox.url}/v2/snaps/info/sandbox-hello?fields=media`)).json()) as {
    snap: { media: { url: string }[] };
  };
  const media = await shown();
  expect(media.map(({ type, width }) => [type, width])).toEqual([
    ['icon', 128],
    ['screenshot', 320],
    ['banner', null],
  ]);
  for (const [index, { url }] of media.entries()) {
    expect(url).toMatch(/^http:\/\/store\.test\/api\/v1\/snaps\/media\//);
    const here = await target.app.inject({ url: new URL(url).pathname });
    const original = await fetch(there.snap.media[index]?.url ?? '');
    expect(here.rawPayload.equals(Buffer.from(await original.arrayBuffer()))).toBe(true);
  }
});

it('are carried even if the connection breaks or the store is busy for a moment', async () => {
  await sandbox.fault({ kind: 'cut', percent: 50, path: MEDIA });
  await sandbox.fault({ kind: 'busy', 'retry-after': 1, path: MEDIA });
  expect(await carry()).toEqual([
    expect.stringMatching(/^warning: .*; trying again in \d s$/),
    expect.stringMatching(/^warning: .*; trying again in \d s$/),
  ]);
  expect(await sandbox.faults()).toEqual([]);
  expect(await shown()).toHaveLength(3);
});

it('are left out if they are damaged, and the snap is kept', async () => {
  await sandbox.fault({ kind: 'wrong-bytes', percent: 0, path: MEDIA });
  expect(await carry()).toEqual([
    expect.stringMatching(
      /^warning: left out of sandbox-hello: icon http:\S+\.png: it is not a PNG, JPEG, GIF or SVG$/,
    ),
  ]);
  expect((await shown()).map(({ type }) => type)).toEqual(['screenshot', 'banner']);
});
