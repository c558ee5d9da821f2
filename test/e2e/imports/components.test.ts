import { mkdir, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeStream } from '../../../src/assertions/format/stream.js';
import { digestToBase64url, digestToHex } from '../../../src/common/crypto/digest.js';
import { AckService } from '../../../src/imports/ack.service.js';
import { dryRunLines, reportLines } from '../../../src/imports/import-report.js';
import { InventoryService } from '../../../src/imports/inventory.service.js';
import { poll } from '../../support/poll.js';
import { hasReal, REAL } from '../../support/real.js';
import { expectRefused } from '../../support/refusal.js';
import { tarOf } from '../../support/tar-file.js';
import {
  componentFile,
  readBytes,
  writePair,
  writeWithComponents,
  type ComponentRecipe,
  type TestComponent,
  type TestSnap,
} from '../../support/test-snaps.js';
import { at, ORIGIN, World } from '../device-api/world.js';

let world: World;
let folders = 0;

beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world.stop());

/** A snap that declares these components in its snap.yaml. */
function snapOf(name: string, revision = 1, types: Record<string, string> = { docs: 'standard' }): TestSnap {
  const lines = Object.entries(types).map(([component, type]) => `  ${component}: {type: ${type}}\n`);
  return world.publisher.snap({ name, revision, yaml: `components:\n${lines.join('')}` });
}

function folder(): string {
  return join(world.store.directory, `components-${(folders += 1)}`);
}

async function push(snap: TestSnap, ...components: TestComponent[]) {
  return await world.store.push(await writeWithComponents(folder(), snap, components));
}

/** The components in the answer to an install: name to revision. The server learns of changes with a delay. */
async function expectOffered(
  name: string,
  components: Record<string, number>,
  action: object = {},
): Promise<void> {
  const isSo = (found: object) => isDeepStrictEqual(found, components);
  expect(await poll(() => offered(name, action), isSo)).toEqual(components);
}

async function offered(name: string, action: object): Promise<Record<string, number>> {
  const install = { action: 'install', 'instance-key': 'k', name, channel: 'stable', ...action };
  const { results } = await world.refresh([install]);
  const resources = at(results[0], 'snap', 'resources') as { name: string; revision: number }[];
  return Object.fromEntries(resources.map((resource) => [resource.name, resource.revision]));
}

describe('a component', () => {
  it('is pushed with its snap, and is offered, described and sent', async () => {
    const snap = snapOf('whole');
    const docs = world.publisher.component(snap, { name: 'docs', revision: 3, yaml: 'version: "1.2"\n' });
    const report = await push(snap, docs);
    expect(reportLines(report)).toEqual([
      '[snap whole] Uploaded snap blob and assertions for whole revision 1',
      '[snap whole] Uploaded component blob and assertions for whole+docs revision 3',
      '[snap whole] Channelmaps were successfully updated.',
      '[snap whole] Moved latest/stable (amd64): empty -> 1, version 1.0',
    ]);
    const path = `/api/v1/snaps/download/${snap.snapId}.docs_3.comp`;
    const resource = {
      type: 'component/standard',
      name: 'docs',
      revision: 3,
      version: '1.2',
      'created-at': '2026-01-01T00:00:00.000000+00:00',
      description: 'Description of docs',
      download: {
        url: ORIGIN + path,
        size: docs.sizeBytes,
        'sha3-384': digestToHex(docs.digest),
      },
    };
    const fields = ['resources', 'revision', 'download'];
    const { results } = await world.refresh(
      [{ action: 'install', 'instance-key': 'k', name: 'whole', channel: 'stable' }],
      { fields },
    );
    expect(at(results[0], 'snap', 'resources')).toEqual([resource]);
    const info = (await world.get('/v2/snaps/info/whole?fields=resources,revision')).json<object>();
    expect(at(info, 'channel-map', '0', 'resources')).toEqual([resource]);

    const whole = await world.get(path);
    expect(whole.rawPayload.equals(docs.bytes)).toBe(true);
    expect(whole.headers).toMatchObject({
      'content-length': String(docs.sizeBytes),
      etag: `"${digestToHex(docs.digest)}"`,
      'content-disposition': `attachment; filename="${snap.snapId}.docs_3.comp"`,
    });
    const rest = await world.get(path, { range: 'bytes=100-' });
    expect([rest.statusCode, rest.rawPayload.equals(docs.bytes.subarray(100))]).toEqual([206, true]);
    const head = await world.get(path, {}, 'HEAD');
    expect([head.statusCode, head.headers['content-length'], head.body]).toEqual([
      200,
      String(docs.sizeBytes),
      '',
    ]);
    expect((await world.get(path, { 'if-none-match': `"${digestToHex(docs.digest)}"` })).statusCode).toBe(
      304,
    );

    const digest = digestToBase64url(docs.digest);
    for (const key of [
      `snap-resource-revision/${snap.snapId}/docs/${digest}`,
      `snap-resource-pair/${snap.snapId}/docs/3/1`,
    ])
      expect((await world.get(`/v2/assertions/${key}`)).statusCode, key).toBe(200);
  });

  it('is listed, and a second push changes nothing', async () => {
    const snap = snapOf('listed');
    const docs = world.publisher.component(snap, { name: 'docs', revision: 1 });
    await push(snap, docs);
    const before = await world.store.state();
    const again = await push(snap, docs);
    expect([again.changed, again.snaps[0]?.components]).toEqual([
      false,
      [{ name: 'docs', revision: 1, outcome: 'present' }],
    ]);
    expect(await world.store.state()).toEqual(before);
    const listed = (await world.store.app.get(InventoryService).list()).find(({ name }) => name === 'listed');
    expect(listed?.components).toMatchObject([{ name: 'docs', revision: 1, sizeBytes: docs.sizeBytes }]);
  });

  it('is shown by a dry run, which changes nothing', async () => {
    const snap = snapOf('dry');
    const file = await writeWithComponents(folder(), snap, [
      world.publisher.component(snap, { name: 'docs', revision: 1 }),
    ]);
    const before = await world.store.state();
    const lines = dryRunLines(await world.store.push(file, { dryRun: true }));
    expect(lines).toContain('[snap dry] Would upload component blob and assertions for dry+docs revision 1');
    expect(await world.store.state()).toEqual(before);
  });

  it('has the version of its snap if it has none, and the type in snap.yaml', async () => {
    const snap = snapOf('kernel', 1, { wifi: 'kernel-modules' });
    await push(snap, world.publisher.component(snap, { name: 'wifi', revision: 1, type: 'kernel-modules' }));
    const info = (await world.get('/v2/snaps/info/kernel?fields=resources')).json<object>();
    expect(at(info, 'channel-map', '0', 'resources', '0')).toMatchObject({
      type: 'component/kernel-modules',
      version: '1.0',
    });
  });

  it('can be pushed alone after its snap, from `snap download --only-components`', async () => {
    const snap = snapOf('later');
    await push(snap);
    await expectOffered('later', {});
    const docs = world.publisher.component(snap, { name: 'docs', revision: 2 });
    const file = await writeWithComponents(
      folder(),
      snap,
      [docs],
      [...snap.assertions.slice(0, 3), ...docs.assertions],
    );
    await rm(file);
    const report = await world.store.push(file.replace('.snap', '.assert'));
    expect(report.snaps).toMatchObject([
      { revisions: [], components: [{ name: 'docs', revision: 2, outcome: 'added' }], channels: [] },
    ]);
    await expectOffered('later', { docs: 2 });
  });

  it('is accepted in an archive, before or after its assertions', async () => {
    for (const isFirst of [true, false]) {
      const snap = snapOf(`archive-${isFirst ? 'first' : 'last'}`);
      const docs = world.publisher.component(snap, { name: 'docs', revision: 1 });
      const files = [
        { name: `${snap.name}_1.snap`, bytes: snap.bytes },
        { name: componentFile(snap, docs), bytes: docs.bytes },
      ];
      const assertions = {
        name: 'all.assert',
        bytes: encodeStream([...snap.assertions, ...docs.assertions]),
      };
      const channelMap = {
        name: 'channel-map.json',
        bytes: Buffer.from(
          JSON.stringify({
            name: snap.name,
            'channel-map': [{ architecture: 'amd64', track: 'latest', risk: 'stable', revision: 1 }],
          }),
        ),
      };
      const path = join(world.store.directory, `${snap.name}.tar.gz`);
      const parts = isFirst ? [...files, assertions] : [assertions, ...files];
      await writeFile(path, await tarOf([...parts, channelMap]));
      await world.store.push(path);
      await expectOffered(snap.name, { docs: 1 });
    }
  });

  it('is found under the name of --basename', async () => {
    const snap = snapOf('named');
    const docs = world.publisher.component(snap, { name: 'docs', revision: 4 });
    const file = await writeWithComponents(folder(), snap, [docs]);
    const directory = dirname(file);
    await rename(file, join(directory, 'mine.snap'));
    await rename(file.replace('.snap', '.assert'), join(directory, 'mine.assert'));
    await rename(join(directory, componentFile(snap, docs)), join(directory, 'mine+docs.comp'));
    await world.store.push(join(directory, 'mine.snap'));
    await expectOffered('named', { docs: 4 });
  });

  it.skipIf(!hasReal)(
    `of the real store's own test files is taken${hasReal ? '' : ' (skipped: no real data)'}`,
    async () => {
      const bytes = readBytes(join(REAL, 'snaps/test-snap-with-component.snap'));
      const snap = world.publisher.sign(bytes, { name: 'test-snap-with-component', revision: 1 });
      const component = world.publisher.signComponent(
        readBytes(join(REAL, 'snaps/test-snap-with-component+test-component.comp')),
        snap,
        { name: 'test-component', revision: 1 },
      );
      await push(snap, component);
      await expectOffered(snap.name, { 'test-component': 1 });
    },
  );
});

describe('the revision of a component that is offered', () => {
  it('is the newest that belongs to the revision of the snap', async () => {
    const first = snapOf('pairs', 1);
    const second = snapOf('pairs', 2);
    const make = (revision: number, pairedWith: number[]) =>
      world.publisher.component(first, { name: 'docs', revision, pairedWith });
    await push(first, make(1, [1]), make(2, [1]));
    await expectOffered('pairs', { docs: 2 });
    await push(second, make(3, [2]));
    await expectOffered('pairs', { docs: 3 });
    await expectOffered('pairs', { docs: 2 }, { channel: undefined, revision: 1 });
  });

  it('stays when an older one is pushed later', async () => {
    const snap = snapOf('late');
    await push(snap, world.publisher.component(snap, { name: 'docs', revision: 5 }));
    await push(snap, world.publisher.component(snap, { name: 'docs', revision: 4 }));
    await expectOffered('late', { docs: 5 });
  });

  it('is that of the channel: a newer one on edge does not change stable', async () => {
    const snap = snapOf('apart');
    const docs = (revision: number) => world.publisher.component(snap, { name: 'docs', revision });
    const onChannel = async (...channels: string[]) => {
      const file = await writeWithComponents(folder(), snap, [docs(Number(channels.shift()))]);
      return await world.store.push(file, { channels });
    };
    await onChannel('1', 'latest/stable');
    await onChannel('2', 'latest/edge');
    await expectOffered('apart', { docs: 1 });
    await expectOffered('apart', { docs: 1 }, { channel: 'candidate' });
    await expectOffered('apart', { docs: 2 }, { channel: 'edge' });
    await expectOffered('apart', { docs: 2 }, { channel: undefined, revision: 1 });
    await expectOffered('apart', { docs: 1 }, { channel: 'stable', revision: 1 });
    const info = (await world.get('/v2/snaps/info/apart?architecture=amd64&fields=resources')).json<{
      'channel-map': { resources: { revision: number }[] }[];
    }>();
    expect(info['channel-map'].map(({ resources }) => resources[0]?.revision)).toEqual([1, 2]);

    const before = await world.store.state();
    expect((await onChannel('1', 'latest/edge')).changed).toBe(false);
    expect(await world.store.state()).toEqual(before);
    await onChannel('2', 'latest/stable');
    await expectOffered('apart', { docs: 2 });
  });

  it('is the newest if the operator released the revision to another channel', async () => {
    const snap = snapOf('promoted');
    const docs = world.publisher.component(snap, { name: 'docs', revision: 4 });
    await world.store.push(await writeWithComponents(folder(), snap, [docs]), { channels: ['latest/edge'] });
    await world.store.push(await writePair(folder(), snap, snap.assertions), { channels: ['latest/stable'] });
    await expectOffered('promoted', { docs: 4 });
  });

  it('changes with a pair that is added alone', async () => {
    const first = snapOf('acked', 1);
    const docs = world.publisher.component(first, { name: 'docs', revision: 1 });
    await push(first, docs);
    await push(snapOf('acked', 2));
    await expectOffered('acked', {});
    const { pairs } = world.publisher.component(first, { name: 'docs', revision: 1, pairedWith: [2] });
    const file = join(world.store.directory, 'pair.assert');
    await writeFile(file, encodeStream(pairs));
    await world.store.app.get(AckService).ack(file);
    await expectOffered('acked', { docs: 1 });
  });

  it('is reported to a device that already has the snap', async () => {
    const snap = snapOf('installed');
    await push(snap, world.publisher.component(snap, { name: 'docs', revision: 1 }));
    const { results } = await world.refresh(
      [{ action: 'refresh', 'instance-key': 'k', 'snap-id': snap.snapId }],
      {
        context: [
          {
            'snap-id': snap.snapId,
            'instance-key': 'k',
            revision: 1,
            'tracking-channel': 'latest/stable',
            resources: [],
          },
        ],
      },
    );
    expect(results[0]).toMatchObject({
      result: 'refresh',
      snap: { revision: 1, resources: [{ name: 'docs', revision: 1 }] },
    });
  });
});

describe('a component is refused', () => {
  const expectComponentRefused = async (
    name: string,
    recipe: Partial<ComponentRecipe>,
    says: string,
    {
      code = 'invalid-bundle',
      types,
    }: { code?: 'invalid-bundle' | 'invalid-snap'; types?: Record<string, string> } = {},
  ) => {
    const snap = snapOf(name, 1, types);
    const component = world.publisher.component(snap, { name: 'docs', revision: 3, ...recipe });
    await expectRefused(world.store, await writeWithComponents(folder(), snap, [component]), { code, says });
  };

  it('that is not the component of its assertions', async () => {
    await expectComponentRefused(
      'other',
      { of: 'another' },
      'the file says that it is "another+docs", its assertions say "other+docs"',
    );
  });

  it('that the snap does not declare', async () => {
    await expectComponentRefused(
      'unknown',
      {},
      'snap unknown component docs revision 3: it is paired with revision 1 of the snap, which does not declare it',
      { types: { help: 'standard' } },
    );
  });

  it('with another type than the snap declares', async () => {
    await expectComponentRefused(
      'type',
      { type: 'test' },
      'its type is test, but revision 1 of the snap declares standard',
    );
  });

  it('with a type that snapd does not know', async () => {
    await expectComponentRefused('odd', { type: 'firmware' }, 'type "firmware" is unknown', {
      code: 'invalid-snap',
    });
  });

  it('with another provenance', async () => {
    await expectComponentRefused('prov', { yaml: 'provenance: mine\n' }, 'the file has provenance "mine"');
  });

  it('whose pair is missing', async () => {
    await expectComponentRefused(
      'unpaired',
      { pairedWith: [] },
      'its snap-resource-pair assertion is missing',
    );
  });

  it('that belongs to a revision that is not in the store', async () => {
    await expectComponentRefused(
      'elsewhere',
      { pairedWith: [2, 7] },
      'it belongs to revision 7, 2 of the snap, which is not in the store',
    );
  });

  it('whose snap is not in the store', async () => {
    const snap = snapOf('absent');
    const docs = world.publisher.component(snap, { name: 'docs', revision: 1 });
    const file = await writeWithComponents(folder(), snap, [docs]);
    await rm(file);
    await expectRefused(world.store, file.replace('.snap', '.assert'), {
      code: 'invalid-bundle',
      says: 'which is not in the store: push that revision first',
    });
  });

  it('that is signed but not a component', async () => {
    const snap = snapOf('bare');
    const file = world.publisher.signComponent(snap.bytes, snap, { name: 'docs', revision: 1 });
    await expectRefused(world.store, await writeWithComponents(folder(), snap, [file]), {
      code: 'invalid-snap',
      says: 'cannot read meta/component.yaml of component: it does not exist',
    });
  });

  it('with another file for a revision in the store', async () => {
    const snap = snapOf('twice');
    await push(snap, world.publisher.component(snap, { name: 'docs', revision: 1 }));
    const other = world.publisher.component(snap, { name: 'docs', revision: 1, padding: Buffer.from('x') });
    await expectRefused(world.store, await writeWithComponents(folder(), snap, [other]), {
      code: 'conflict',
      says: 'snap twice component docs revision 1: another file of this revision exists',
    });
  });

  it.each([
    [
      'one byte short',
      (bytes: Buffer) => bytes.subarray(0, -1),
      'no verified snap-resource-revision assertion is for a file of that size',
    ],
    [
      'one byte long',
      (bytes: Buffer) => Buffer.concat([bytes, Buffer.of(0)]),
      'no verified snap-resource-revision',
    ],
    [
      'changed',
      (bytes: Buffer) => Buffer.concat([bytes.subarray(0, -1), Buffer.of(7)]),
      'snap cut component docs revision 3: cut+docs_3.comp is not the file of its snap-resource-revision assertion',
    ],
  ])('that is %s', async (_, damage, says) => {
    const snap = snapOf('cut');
    const docs = world.publisher.component(snap, { name: 'docs', revision: 3 });
    const file = await writeWithComponents(folder(), snap, [{ ...docs, bytes: damage(docs.bytes) }]);
    await expectRefused(world.store, file, { code: 'invalid-bundle', says });
  });

  it('that is missing next to its snap', async () => {
    const snap = snapOf('forgotten');
    const docs = world.publisher.component(snap, { name: 'docs', revision: 3 });
    const file = await writeWithComponents(folder(), snap, [docs]);
    await rm(join(dirname(file), componentFile(snap, docs)));
    await expectRefused(world.store, file, {
      code: 'invalid-bundle',
      says: 'its component forgotten+docs_3.comp is missing, which `snap download` writes next to it',
    });
  });

  it('that is pushed by itself', async () => {
    const snap = snapOf('alone');
    const docs = world.publisher.component(snap, { name: 'docs', revision: 3 });
    const file = await writeWithComponents(folder(), snap, [docs]);
    const component = join(dirname(file), componentFile(snap, docs));
    await expectRefused(world.store, component, {
      code: 'invalid-bundle',
      says: 'it is a component: push the .snap file that it belongs to, or the .assert file next to it',
    });
  });
});

it('finds no component with an invalid or unknown name', async () => {
  const snap = snapOf('names');
  await push(snap, world.publisher.component(snap, { name: 'docs', revision: 1 }));
  for (const name of [
    `${snap.snapId}.docs_2.comp`,
    `${snap.snapId}.docs_1.snap`,
    `${snap.snapId}.other_1.comp`,
    `${snap.snapId}.docs_0.comp`,
    `${snap.snapId}.docs_99999999999.comp`,
    `${snap.snapId}.docs_2147483648.comp`,
    `${'x'.repeat(32)}.docs_1.comp`,
    `${snap.snapId}_docs_1.comp`,
  ])
    expect((await world.get(`/api/v1/snaps/download/${name}`)).statusCode, name).toBe(404);
});

it('answers a download of a component whose file is missing with a fault of the store', async () => {
  const snap = snapOf('gone');
  const docs = world.publisher.component(snap, { name: 'docs', revision: 1 });
  await push(snap, docs);
  const hex = digestToHex(docs.digest);
  const file = (await world.store.blobFiles()).find((one) => one.includes(hex.slice(-20))) ?? '';
  const path = join(world.store.dataDir, 'blobs', file.split(' ')[0] ?? '');
  await truncate(path, 10);
  const url = `/api/v1/snaps/download/${snap.snapId}.docs_1.comp`;
  expect((await world.get(url)).statusCode).toBe(500);
  // The next push restores the file.
  await mkdir(folder(), { recursive: true });
  expect((await push(snap, docs)).changed).toBe(true);
  expect((await world.get(url)).rawPayload.equals(docs.bytes)).toBe(true);
  expect(basename(path)).toContain(hex.slice(-20));
});
