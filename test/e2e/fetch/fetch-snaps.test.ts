import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { archiveFiles } from '../../../src/bundles/tar-entries.js';
import { bundleOf } from '../../support/bundle-writer.js';
import { Fetching } from '../../support/fetching.js';
import { writeArchive } from '../../support/input-forms.js';
import { StoreApp } from '../../support/store-app.js';
import { TestPublisher, type SnapRecipe } from '../../support/test-snaps.js';

const publisher = new TestPublisher();
let fetching: Fetching;
let target: StoreApp;

const CONTENT_PLUG =
  'plugs:\n  themes:\n    interface: content\n    target: $SNAP/themes\n    default-provider: themes\n';

async function release(
  recipe: SnapRecipe,
  channels = ['latest/stable'],
  architectures = ['amd64'],
): Promise<void> {
  const snap = publisher.snap({ architectures, ...recipe });
  await fetching.upstream.push(
    await writeArchive(fetching.upstream.directory, bundleOf([snap], { channels, architectures })),
  );
}

beforeAll(async () => {
  fetching = await Fetching.start(publisher);
  target = await StoreApp.start();
  await target.trust(publisher.stack.trusted());
  await release({ name: 'snapd', revision: 100, type: 'snapd' });
  await release({ name: 'base1', revision: 20, type: 'base' });
  await release({ name: 'themes', revision: 3, base: 'base1' });
  await release({
    name: 'app1',
    revision: 7,
    base: 'base1',
    yaml: CONTENT_PLUG,
    padding: randomBytes(300_000),
  });
  await release({ name: 'app1', revision: 9, base: 'base1' }, ['latest/edge']);
  await release({ name: 'app1', revision: 8, base: 'base1' }, ['latest/stable'], ['arm64']);
  await release({ name: 'lonely', revision: 1, base: 'nowhere' });
  await release({ name: 'bare-app', revision: 1, base: 'none' });
});
afterAll(async () => {
  await target.stop();
  await fetching.stop();
});
beforeEach(() => fetching.passOn());

async function entriesOf(path: string): Promise<string[]> {
  const names: string[] = [];
  for await (const file of archiveFiles(path, true, () => undefined)) {
    names.push(file.path);
    for await (const _ of file.content);
  }
  return names;
}

const failure = async (fetch: Promise<unknown>) =>
  await fetch.then(
    () => 'it succeeded',
    (error: Error) => error.message,
  );

it('fetches a snap with everything that it needs, and another store imports it', async () => {
  const { bundles } = await fetching.fetch(['app1']);
  expect(bundles.map(({ name }) => name)).toEqual(['app1', 'base1', 'snapd', 'themes']);
  expect(fetching.said).toEqual([
    'Fetching channel map info for app1',
    'Downloading app1 revision 7 (latest/stable amd64)',
    'Fetching channel map info for base1',
    'Fetching channel map info for snapd',
    'Fetching channel map info for themes',
    'Downloading base1 revision 20 (latest/stable amd64)',
    'Downloading snapd revision 100 (latest/stable amd64)',
    'Downloading themes revision 3 (latest/stable amd64)',
    ...bundles.map(({ name, path }) => `Downloaded ${name} to ${path}`),
  ]);
  expect(basename(bundles[0]?.path ?? '')).toMatch(/^app1-\d{8}T\d{6}\.tar\.gz$/);
  expect(await entriesOf(bundles[0]?.path ?? '')).toEqual([
    'manifest.json',
    'app1/assertions.assert',
    'app1/metadata.json',
    'app1/channel-map.json',
    'app1/app1_7.snap',
  ]);
  for (const { path } of bundles) expect(await target.push(path)).toMatchObject({ changed: true });
  const { body } = await target.app.inject({ url: '/v2/snaps/info/app1?architecture=amd64' });
  expect(JSON.parse(body)).toMatchObject({
    name: 'app1',
    snap: { title: 'Title of app1', license: 'MIT' },
    'channel-map': [{ revision: 7, channel: { track: 'latest', risk: 'stable' } }],
  });
  // No partial download is left.
  expect(readdirSync(join(fetching.store.dataDir, 'downloads/partial'))).toEqual([]);
});

it('sends the same requests as snapd', async () => {
  await fetching.fetch(['app1'], { withNeeds: false });
  const [info, refresh, ...others] = fetching.between.asked;
  expect(info?.path).toMatch(/^\/v2\/snaps\/info\/app1\?architecture=amd64&fields=/);
  expect(refresh).toMatchObject({
    method: 'POST',
    path: '/v2/snaps/refresh',
    headers: {
      'snap-device-architecture': 'amd64',
      'snap-device-series': '16',
      'content-type': 'application/json',
    },
  });
  expect(JSON.parse(refresh?.body ?? '')).toMatchObject({
    context: [],
    actions: [
      { action: 'install', 'instance-key': 'install-1', name: 'app1', channel: 'latest/stable', epoch: null },
    ],
  });
  const paths = others.map(({ path }) => path);
  expect(paths[0]).toMatch(/^\/v2\/assertions\/snap-revision\/[-\w]{64}\?max-format=\d+$/);
  expect(others[0]?.headers).toMatchObject({
    accept: 'application/x.ubuntu.assertion',
    'x-ubuntu-series': '16',
  });
  expect(paths.at(-1)).toMatch(/^\/api\/v1\/snaps\/download\/\w{32}_7\.snap$/);
});

it('puts several channels and architectures into one bundle for each name', async () => {
  const { bundles } = await fetching.fetch(['app1'], {
    channels: ['stable', 'edge'],
    architectures: ['amd64', 'arm64'],
    withNeeds: false,
  });
  expect(bundles).toHaveLength(1);
  expect(fetching.said.filter((line) => line.startsWith('Downloading'))).toEqual([
    'Downloading app1 revision 7 (latest/stable amd64)',
    'Downloading app1 revision 9 (latest/edge amd64)',
    'Downloading app1 revision 8 (latest/stable arm64)',
  ]);
  // On arm64, edge is empty: a device gets stable.
  expect(
    bundles[0]?.snaps[0]?.releases.map((one) => `${one.architecture} ${one.channel.risk} ${one.revision}`),
  ).toEqual(['amd64 stable 7', 'amd64 edge 9', 'arm64 stable 8']);
});

it('fetches exactly the given revision, and releases it to the given channel', async () => {
  const yamlFile = join(fetching.store.directory, 'list.yaml');
  writeFileSync(
    yamlFile,
    'packages:\n  - name: app1\n    revision: 7\n    push_channel: chp_14/edge\n  - name: base1\n',
  );
  const { bundles } = await fetching.fetch([], { yamlFile, withNeeds: false, singleFile: true });
  expect(basename(bundles[0]?.path ?? '')).toMatch(/^snaps-\d{8}T\d{6}\.tar\.gz$/);
  const snaps = bundles[0]?.snaps.map(({ name, releases }) => [name, releases]);
  expect(snaps).toMatchObject([
    ['app1', [{ channel: { track: 'chp_14', risk: 'edge' }, revision: 7 }]],
    ['base1', [{ channel: { track: 'latest', risk: 'stable' }, revision: 20 }]],
  ]);
  // A revision supports one architecture; one of the requested ones is enough.
  const { bundles: both } = await fetching.fetch(['app1=8'], {
    architectures: ['amd64', 'arm64'],
    withNeeds: false,
  });
  expect(both[0]?.snaps[0]?.releases).toMatchObject([{ architecture: 'arm64', revision: 8 }]);
});

it('leaves out what the air-gapped store has, and that store imports the rest', async () => {
  const other = await StoreApp.start();
  try {
    await other.trust(publisher.stack.trusted());
    const first = await fetching.fetch(['app1'], { withNeeds: false });
    await other.push(first.bundles[0]?.path ?? '');
    const app = publisher.snap({ name: 'app1', revision: 7, base: 'base1', yaml: CONTENT_PLUG });
    const snapId = app.snapId;
    const digest = first.bundles[0]?.snaps[0]?.revisions[0]?.digest ?? Buffer.alloc(0);
    fetching.passOn();
    const second = await fetching.fetch(['app1'], {
      channels: ['stable', 'edge'],
      inventory: new Map([[snapId, new Map([[7, digest]])]]),
      singleFile: true,
    });
    expect(second.savedBytes).toBeGreaterThan(300_000);
    expect(fetching.said).toContain(
      'Left out app1 revision 7 (latest/stable amd64): the air-gapped store already has it',
    );
    // The snaps that it needs are still fetched.
    expect(second.bundles[0]?.snaps.map(({ name }) => name)).toEqual(['app1', 'base1', 'snapd', 'themes']);
    expect(await entriesOf(second.bundles[0]?.path ?? '')).not.toContain('app1/app1_7.snap');
  } finally {
    await other.stop();
  }
});

it.each([
  [
    ['nothing-here'],
    {},
    'cannot fetch snap nothing-here from latest/stable for amd64: the snap does not exist in the upstream store',
  ],
  [['app1'], { architectures: ['s390x'] }, 'for s390x'],
  [['app1=99'], {}, 'cannot fetch snap app1 revision 99 for amd64: '],
  [['app1=8'], {}, 'cannot fetch snap app1 revision 8 for amd64: '],
  [['app1'], { channels: ['2.0/stable'] }, 'from 2.0/stable'],
  [
    ['lonely'],
    {},
    'cannot fetch snap nowhere from latest/stable for amd64: the snap does not exist in the upstream store, and lonely needs it (--no-deps fetches without)',
  ],
])('refuses %j %j in one line and writes nothing', async (names, recipe, message) => {
  const exportDir = join(fetching.store.directory, 'refused');
  const said = await failure(fetching.fetch(names, { ...recipe, exportDir }));
  expect(said).toContain(message);
  expect(said).not.toContain('\n');
  expect(existsSync(exportDir)).toBe(false);
});

it.each(['/proc/x', '/dev/null/x', '/sys/x'])(
  'sends no request if bundles cannot be written to %s',
  async (exportDir) => {
    fetching.passOn();
    expect(await failure(fetching.fetch(['app1'], { exportDir }))).toMatch(
      new RegExp(`^cannot write a bundle to ${exportDir}: E`),
    );
    expect(fetching.between.asked).toEqual([]);
  },
);

it('needs no base if the snap says none', async () => {
  const { bundles } = await fetching.fetch(['bare-app']);
  expect(bundles.map(({ name }) => name)).toEqual(['bare-app', 'snapd']);
});
