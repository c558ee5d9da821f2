import { randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeStream } from '../../../src/assertions/format/stream.js';
import { formatChannel } from '../../../src/channels/channel.js';
import { reportLines } from '../../../src/imports/import-report.js';
import { InventoryService } from '../../../src/imports/inventory.service.js';
import { INPUT_FORMS, jsonPart, withManifest, writeArchive, writeForm } from '../../support/input-forms.js';
import { StoreApp } from '../../support/store-app.js';
import { partsOf, TestPublisher, type TestSnap } from '../../support/test-snaps.js';

let store: StoreApp;
const publisher = new TestPublisher();

beforeAll(async () => {
  store = await StoreApp.start();
  await store.trust(publisher.stack.trusted());
});
afterAll(() => store.stop());

function revisionsOf(name: string, ...recipes: { revision: number; architectures?: string[] }[]): TestSnap[] {
  return recipes.map((recipe) => publisher.snap({ name, ...recipe }));
}

/** `architecture channel` → revision. */
async function channelsOf(name: string): Promise<Record<string, number | null>> {
  const snaps = await store.app.get(InventoryService).list();
  const channels = snaps.find((snap) => snap.name === name)?.channels ?? [];
  return Object.fromEntries(
    channels.map(({ architecture, channel, revision }) => [
      `${architecture} ${formatChannel(channel)}`,
      revision,
    ]),
  );
}

async function infoOf(name: string): Promise<Record<string, unknown>> {
  const response = await store.app.inject({ url: `/v2/snaps/info/${name}`, headers: { host: 'store.test' } });
  expect(response.statusCode).toBe(200);
  return response.json();
}

async function pushChannelMap(
  snaps: readonly TestSnap[],
  map: readonly object[],
  force = false,
): Promise<string[]> {
  const [first] = snaps;
  const document = { 'snap-id': first?.snapId, name: first?.name, 'channel-map': map };
  const file = await writeArchive(
    store.directory,
    withManifest([jsonPart('channel-map.json', document), ...partsOf(snaps)]),
  );
  return reportLines(await store.push(file, { pushChannelMap: force }));
}

describe.each(INPUT_FORMS)('%s', (form) => {
  const name = `form-${form.split(' ')[0]}`;
  const snap = publisher.snap({ name, revision: 120 });

  it('is uploaded and released, and a second push changes nothing', async () => {
    const file = await writeForm(store.directory, form, snap);
    expect(reportLines(await store.push(file))).toEqual([
      `[snap ${name}] Uploaded snap blob and assertions for ${name} revision 120`,
      `[snap ${name}] Channelmaps were successfully updated.`,
      `[snap ${name}] Moved latest/stable (amd64): empty -> 120, version 120.0`,
    ]);
    expect(await channelsOf(name)).toEqual({ 'amd64 latest/stable': 120 });
    const before = await store.state();
    const again = await store.push(file);
    expect(again).toMatchObject({ changed: false, assertionsAdded: 0 });
    expect(reportLines(again)).toEqual([
      `[snap ${name}] Snap blob and assertions for ${name} revision 120 are already in the store`,
      `[snap ${name}] Channelmaps did not change.`,
      'Nothing changed: the store already holds all of it.',
    ]);
    expect(await store.state()).toEqual(before);
  });

  it.each(['lost', 'cut'])('restores a file that was %s', async (how) => {
    const hex = snap.digest.toString('hex');
    const path = join(store.dataDir, 'blobs', hex.slice(0, 2), hex.slice(2, 4), hex);
    if (how === 'lost') await rm(path);
    else await writeFile(path, snap.bytes.subarray(0, 100));
    expect(await store.push(await writeForm(store.directory, form, snap))).toMatchObject({ changed: true });
    expect((await readFile(path)).equals(snap.bytes)).toBe(true);
  });
});

it('releases a pair to each given channel', async () => {
  const [snap] = revisionsOf('several', { revision: 1, architectures: ['amd64', 'arm64'] });
  const channels = ['latest/stable', 'edge', '2.0/candidate/hotfix'];
  if (snap) await store.push(await writeForm(store.directory, 'pair', snap), { channels });
  expect(await channelsOf('several')).toEqual({
    'amd64 2.0/candidate/hotfix': 1,
    'amd64 latest/edge': 1,
    'amd64 latest/stable': 1,
    'arm64 2.0/candidate/hotfix': 1,
    'arm64 latest/edge': 1,
    'arm64 latest/stable': 1,
  });
});

it('accepts snaps before their assertions, compressed or plain', async () => {
  for (const compressed of [true, false]) {
    const snaps = ['x', 'y'].map((name) =>
      publisher.snap({ name: `late-${name}-${compressed}`, revision: 1, padding: randomBytes(100_000) }),
    );
    const file = await writeArchive(store.directory, partsOf(snaps).toReversed(), compressed);
    const report = await store.push(file);
    expect(report.snaps.map(({ name }) => name)).toEqual(snaps.map(({ name }) => name));
  }
});

it('accepts an archive with folders, an unknown file and the JSON of an info answer', async () => {
  const snaps = revisionsOf('foreign', { revision: 7 }, { revision: 9 });
  const [first] = snaps;
  const release = (revision: number, risk: string, track: string) => ({
    channel: { architecture: 'amd64', name: 'ignored', 'released-at': '2026-03-01T10:00:00Z', risk, track },
    revision,
    version: 'x',
  });
  const info = {
    'snap-id': first?.snapId,
    name: 'foreign',
    'default-track': '9',
    'channel-map': [release(9, 'edge', 'latest'), release(7, 'stable', '9'), release(8, 'beta', 'latest')],
    snap: {
      title: 'A Foreign Snap',
      license: 'GPL-3.0',
      website: 'https://foreign.test',
      publisher: { id: 'acme' },
      categories: [{ name: 'utilities', featured: true }],
    },
  };
  const parts = [
    { name: './' },
    { name: './foreign', header: { type: 'directory' as const } },
    { name: './README', bytes: Buffer.from('hello') },
    ...partsOf(snaps),
    jsonPart('./foreign/info.json', info),
  ];
  await store.push(await writeArchive(store.directory, parts.slice(1)));
  // Revision 8 is not in the archive.
  expect(await channelsOf('foreign')).toEqual({ 'amd64 latest/edge': 9, 'amd64 9/stable': 7 });
  expect(await infoOf('foreign')).toMatchObject({
    name: 'foreign',
    snap: { title: 'A Foreign Snap', license: 'GPL-3.0', website: 'https://foreign.test' },
  });
});

it('accepts several architectures and revisions in one archive', async () => {
  const snaps = revisionsOf(
    'multi',
    { revision: 1, architectures: ['amd64'] },
    { revision: 2, architectures: ['arm64'] },
    { revision: 3, architectures: ['amd64'] },
    { revision: 4, architectures: ['all'] },
  );
  const at = (architecture: string, name: string, revision: number) => ({ architecture, name, revision });
  const lines = await pushChannelMap(snaps, [
    at('amd64', 'stable', 1),
    at('arm64', 'stable', 2),
    at('amd64', 'edge', 3),
    at('s390x', 'edge', 4),
  ]);
  expect(lines).toEqual([
    ...[1, 2, 3, 4].map(
      (revision) => `[snap multi] Uploaded snap blob and assertions for multi revision ${revision}`,
    ),
    '[snap multi] Channelmaps were successfully updated.',
    ...[
      'stable (amd64): empty -> 1, version 1.0',
      'stable (arm64): empty -> 2, version 2.0',
      'edge (amd64): empty -> 3, version 3.0',
      'edge (s390x): empty -> 4, version 4.0',
    ].map((moved) => `[snap multi] Moved latest/${moved}`),
  ]);
  expect(await channelsOf('multi')).toEqual({
    'amd64 latest/stable': 1,
    'arm64 latest/stable': 2,
    'amd64 latest/edge': 3,
    's390x latest/edge': 4,
  });
});

it('moves channels forwards only, unless --push-channel-map is given', async () => {
  const snaps = revisionsOf('moving', { revision: 10 }, { revision: 11 });
  const stable = (revision: number, day: string) => ({
    architecture: 'amd64',
    name: 'latest/stable',
    revision,
    'released-at': `2026-03-${day}T00:00:00Z`,
  });
  const now = async () => (await channelsOf('moving'))['amd64 latest/stable'];
  await pushChannelMap(snaps, [stable(11, '10')]);
  expect(await now()).toBe(11);
  // An older bundle that is pushed late.
  expect(await pushChannelMap(snaps, [stable(10, '05')])).toContain(
    '[snap moving] latest/stable (amd64) stays at revision 11: revision 10 is older (use --push-channel-map to move it back).',
  );
  expect(await now()).toBe(11);
  // The same time is not later.
  await pushChannelMap(snaps, [stable(10, '10')]);
  expect(await now()).toBe(11);
  // The roll-back of the publisher is not signed.
  await pushChannelMap(snaps, [stable(10, '11')]);
  expect(await now()).toBe(11);
  expect(await pushChannelMap(snaps, [stable(10, '11')], true)).toContain(
    '[snap moving] Channelmaps were successfully updated.',
  );
  expect(await now()).toBe(10);
  // A higher revision is newer, whenever it was released.
  await pushChannelMap(snaps, [stable(11, '01')]);
  expect(await now()).toBe(11);
  await pushChannelMap(snaps, [stable(10, '05')], true);
  expect(await now()).toBe(10);
});

it('imports the same snap only once if it is twice in one archive', async () => {
  const snap = publisher.snap({ name: 'doubled', revision: 4 });
  const parts = [
    ...partsOf([snap]),
    { name: 'copy.snap', bytes: snap.bytes },
    { name: 'copy.assert', bytes: encodeStream(snap.assertions) },
  ];
  const report = await store.push(await writeArchive(store.directory, parts));
  expect(report.snaps).toMatchObject([{ name: 'doubled', revisions: [{ revision: 4, outcome: 'added' }] }]);
  expect((await store.blobFiles()).filter((name) => name.startsWith('incoming'))).toEqual([]);
});

it('serves pushed snaps to devices', async () => {
  const snap = publisher.snap({ name: 'served', revision: 3, padding: randomBytes(200_000) });
  await store.push(await writeForm(store.directory, 'pair', snap));
  const { 'channel-map': map } = (await infoOf('served')) as {
    'channel-map': { download: { url: string } }[];
  };
  const url = new URL(map[0]?.download.url ?? '');
  const download = await store.app.inject({ url: url.pathname });
  expect(download.rawPayload.equals(snap.bytes)).toBe(true);
});
