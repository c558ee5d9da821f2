import { createHash, randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BlobStoreService } from '../../../src/blobs/blob-store.service.js';
import { parseChannel } from '../../../src/channels/channel.js';
import { DeltaIndexService } from '../../../src/deltas/delta-index.service.js';
import { MIN_TARGET_BYTES } from '../../../src/deltas/delta-maker.service.js';
import { MAX_SOURCES } from '../../../src/deltas/delta-plan.service.js';
import { DeltaWorkerService } from '../../../src/deltas/delta-worker.service.js';
import { DELTAS_MAX_SIZE } from '../../../src/deltas/delta.settings.js';
import { DeltasService } from '../../../src/deltas/deltas.service.js';
import { GroupsService } from '../../../src/groups/groups.service.js';
import { OverridesService } from '../../../src/releases/overrides/overrides.service.js';
import { ReleasesService } from '../../../src/releases/releases.service.js';
import { createServer } from '../../../src/server.js';
import { SettingsService } from '../../../src/settings/settings.service.js';
import { Cli } from '../../support/cli.js';
import { poll } from '../../support/poll.js';
import type { TestSnap } from '../../support/test-snaps.js';
import { applyDelta, hasXdelta3, WITHOUT_XDELTA3 } from '../../support/xdelta3.js';
import { installed, refreshOf } from './refresh-actions.js';
import { at, HOST, ORIGIN, World } from './world.js';

const PADDING_BYTES = 400_000;

/** The same with new bytes in the middle, so that the rest is shifted. */
function changed(bytes: Buffer, newBytes: number): Buffer {
  const middle = bytes.length >> 1;
  return Buffer.concat([bytes.subarray(0, middle), randomBytes(newBytes), bytes.subarray(middle)]);
}

interface OfferedDelta {
  readonly url: string;
  readonly size: number;
  readonly 'sha3-384': string;
}

describe.skipIf(!hasXdelta3)(`deltas${WITHOUT_XDELTA3}`, () => {
  let world: World;
  const padding = randomBytes(PADDING_BYTES);
  const app = () => world.store.app;
  const round = async () => await app().get(DeltaWorkerService).round();
  const rows = async () => (await app().get(DeltasService).list()) ?? [];
  const states = async () =>
    Object.fromEntries((await rows()).map(({ source, target, state }) => [`${source}-${target}`, state]));
  const set = async (...changes: [string, string][]) => await app().get(SettingsService).set(changes);
  const push = async (revision: number, bytes = changed(padding, revision), channels?: string[]) =>
    await world.push({ name: 'hello', revision, padding: bytes }, channels);

  /** The deltas that a refresh offers. */
  async function deltasOf(
    from: TestSnap,
    headers: Record<string, string> = { 'snap-accept-delta-format': 'xdelta3' },
    { action = {}, context = {} }: { action?: object; context?: object } = {},
  ): Promise<unknown> {
    const reply = await app().inject({
      method: 'POST',
      url: '/v2/snaps/refresh',
      headers: { host: HOST, 'content-type': 'application/json', ...headers },
      payload: JSON.stringify({ context: [installed(from, context)], actions: [refreshOf(from, action)] }),
    });
    return at(reply.json(), 'results', '0', 'snap', 'download', 'deltas');
  }
  /** Waits for its notification. */
  async function offered(from: TestSnap): Promise<OfferedDelta[]> {
    const deltas = await poll(
      () => deltasOf(from),
      (found) => Array.isArray(found) && found.length > 0,
    );
    expect(deltas).toHaveLength(1);
    return deltas as OfferedDelta[];
  }

  beforeEach(async () => {
    world = await World.start();
  });
  afterEach(() => world.stop());

  it('lead from the previous to the present revision of a channel', async () => {
    const one = await push(1);
    const two = await push(2);
    await round();
    const deltas = await offered(one);
    const path = `/api/v1/snaps/download/${one.snapId}_1_2_xdelta3.delta`;
    const file = await world.get(path);
    expect(deltas).toEqual([
      {
        format: 'xdelta3',
        source: 1,
        target: 2,
        url: ORIGIN + path,
        size: file.rawPayload.length,
        'sha3-384': createHash('sha3-384').update(file.rawPayload).digest('hex'),
      },
    ]);
    expect(file.rawPayload.length).toBeLessThan(2_000);
    expect(applyDelta(one.bytes, file.rawPayload).equals(two.bytes)).toBe(true);
    // It contains no names of files on the store's disk.
    expect(file.rawPayload.includes(two.digest.toString('hex'))).toBe(false);
  });

  it('are downloaded like snaps', async () => {
    const one = await push(1);
    await push(2);
    await round();
    const [delta] = await offered(one);
    const path = delta?.url.slice(ORIGIN.length) ?? '';
    const whole = await world.get(path);
    const etag = `"${delta?.['sha3-384']}"`;
    expect(whole.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': String(delta?.size),
      'accept-ranges': 'bytes',
      'content-disposition': `attachment; filename="${one.snapId}_1_2_xdelta3.delta"`,
      etag,
    });
    const head = await world.get(path, {}, 'HEAD');
    expect([head.statusCode, head.headers['content-length'], head.rawPayload.length]).toEqual([
      200,
      String(delta?.size),
      0,
    ]);
    const rest = await world.get(path, { range: 'bytes=10-' });
    expect([rest.statusCode, rest.rawPayload.equals(whole.rawPayload.subarray(10))]).toEqual([206, true]);
    expect((await world.get(path, { 'if-none-match': etag })).statusCode).toBe(304);
    expect((await world.get(path, { range: `bytes=${delta?.size}-` })).statusCode).toBe(416);
  });

  it.each(['1_3', '2_1', '1_2147483648', '2147483648_2', '0_2', '1_02'])(
    'of revisions %s are not found',
    async (revisions) => {
      const { snapId } = await push(1);
      await push(2);
      await round();
      const reply = await world.get(`/api/v1/snaps/download/${snapId}_${revisions}_xdelta3.delta`);
      expect([reply.statusCode, reply.headers['content-type']]).toEqual([404, 'application/json']);
    },
  );

  it('are offered only to devices that accept the format and have the source', async () => {
    const one = await push(1);
    const two = await push(2);
    await round();
    await offered(one);
    const xdelta3 = { 'snap-accept-delta-format': 'xdelta3' };
    expect(await deltasOf(one, { 'snap-accept-delta-format': 'snap-1-1-xdelta3, xdelta3' })).toHaveLength(1);
    expect(await deltasOf(one, xdelta3, { action: { revision: 2 } })).toHaveLength(1);
    expect(await deltasOf(one, {})).toEqual([]);
    expect(await deltasOf(one, { 'snap-accept-delta-format': 'snap-1-1-xdelta3' })).toEqual([]);
    expect(await deltasOf(two, xdelta3)).toEqual([]);
    expect(await deltasOf(one, xdelta3, { context: { revision: 7 } })).toEqual([]);
    expect(await deltasOf(one, xdelta3, { context: { 'snap-id': 'another' } })).toEqual([]);
    expect(await deltasOf(one, xdelta3, { action: { action: 'download', name: 'hello' } })).toEqual([]);
    expect(await deltasOf(one, xdelta3, { action: { 'instance-key': 'another' } })).toEqual([]);
  });

  it('also start from the revisions of devices without a session', async () => {
    const one = await push(1);
    for (const revision of [2, 3, 4]) await push(revision);
    // Before this, only what the channel had is known; a device that takes no deltas changes nothing.
    await deltasOf(one, {});
    await round();
    expect(await states()).toEqual({ '3-4': 'ready' });
    await deltasOf(one);
    await round();
    expect(await states()).toEqual({ '1-4': 'ready', '3-4': 'ready' });
  });

  it('start from the revisions of devices with a session, on their channel', async () => {
    for (const revision of [1, 2, 3]) await push(revision);
    const { snapId } = await push(4, undefined, ['latest/edge']);
    const snaps = (revision: number, channel?: string) =>
      JSON.stringify([{ 'snap-id': snapId, revision, ...(channel !== undefined && { channel }) }]);
    await world.store.query(`insert into device values
        ('b', 'm', '1', 'own', null, '${snaps(1)}', now(), now()),
        ('b', 'm', '2', 'own', null, '${snaps(2, 'latest/edge')}', now(), now()),
        ('b', 'm', '3', 'own', null, '${snaps(9)}', now(), now()),
        ('b', 'm', '4', 'own', null, '${snaps(1, '//')}', now(), now()),
        ('b', 'm', '5', 'own', null, null, now(), now())`);
    await round();
    expect(await states()).toEqual({ '1-3': 'ready', '2-3': 'ready', '2-4': 'ready' });
  });

  it(`start from at most ${MAX_SOURCES} revisions for one target`, async () => {
    const snaps: TestSnap[] = [];
    for (let revision = 1; revision <= MAX_SOURCES + 3; revision += 1) snaps.push(await push(revision));
    for (const snap of snaps.slice(0, MAX_SOURCES + 1)) await deltasOf(snap);
    await round();
    expect(await rows()).toHaveLength(MAX_SOURCES);
  });

  it('lead to overrides, and to overrides of groups', async () => {
    for (const revision of [1, 2]) await push(revision);
    for (const revision of [3, 4, 5]) await push(revision, undefined, ['latest/edge']);
    const channel = parseChannel('latest/stable');
    const override = async (revision: number, group?: string) =>
      await app()
        .get(OverridesService)
        .apply([{ name: 'hello', channel, revision, until: undefined, group }]);
    await app().get(GroupsService).create('canary');
    await override(3, 'canary');
    await round();
    const before = { '1-2': 'ready', '4-5': 'ready', '2-3': 'ready' };
    expect(await states()).toEqual(before);
    // For all devices; what the group gets is led to from there, too.
    await override(1);
    await round();
    expect(await states()).toEqual({ ...before, '2-1': 'ready', '1-3': 'ready' });
  });

  it('lead from the revisions of devices to progressive releases and overrides of groups', async () => {
    const one = await push(1);
    await push(2);
    for (const revision of [3, 4]) await push(revision, undefined, ['latest/edge']);
    const request = { name: 'hello', revision: 3, channels: [parseChannel('stable')], architectures: [] };
    await app()
      .get(ReleasesService)
      .release({ ...request, until: undefined, percentage: 20 });
    await app().get(GroupsService).create('canary');
    await app()
      .get(OverridesService)
      .apply([
        { name: 'hello', channel: parseChannel('stable'), revision: 4, until: undefined, group: 'canary' },
      ]);
    // The first brings the snap into memory.
    await deltasOf(one, {});
    await deltasOf(one);
    await round();
    expect(await states()).toMatchObject({
      '1-2': 'ready',
      '1-3': 'ready',
      '1-4': 'ready',
      '2-3': 'ready',
      '2-4': 'ready',
    });
  });

  it('follow a channel that moves back', async () => {
    await push(1);
    await push(2);
    await round();
    await app().get(ReleasesService).rollback('hello', parseChannel('latest/stable'), []);
    await round();
    expect(await states()).toEqual({ '1-2': 'ready', '2-1': 'ready' });
  });

  it('are not made of files that have little in common, and the result is recorded', async () => {
    const one = await push(1);
    await push(2, randomBytes(PADDING_BYTES));
    await round();
    expect(await states()).toEqual({ '1-2': 'too-large' });
    expect(await deltasOf(one)).toEqual([]);
    const [before] = await rows();
    await round();
    expect(await rows()).toEqual([before]);
    expect((await world.store.blobFiles()).filter((name) => name.startsWith('incoming'))).toEqual([]);
    expect(await world.store.blobFiles()).toHaveLength(2);
  });

  it.each([
    // A snap file fills whole pages.
    [MIN_TARGET_BYTES - 4_096, 0],
    [MIN_TARGET_BYTES, 1],
  ])('to a snap of %i bytes: %i', async (bytes, count) => {
    await push(1);
    const without = world.publisher.snap({ name: 'hello', revision: 2, padding: Buffer.alloc(50_000) });
    const two = await push(2, padding.subarray(0, 50_000 + bytes - without.bytes.length));
    expect(two.bytes.length).toBe(bytes);
    await round();
    expect(await rows()).toHaveLength(count);
  });

  it('are made once by two units, and offered by both', async () => {
    const one = await push(1);
    for (let revision = 2; revision <= 5; revision += 1) await push(revision);
    for (const revision of [1, 2, 3]) await deltasOf(one, undefined, { context: { revision } });
    const other = await createServer();
    try {
      await Promise.all([round(), other.get(DeltaWorkerService).round()]);
      await round();
      expect(await states()).toEqual({ '1-5': 'ready', '2-5': 'ready', '3-5': 'ready', '4-5': 'ready' });
      expect((await rows()).map(({ attempts }) => attempts)).toEqual([1, 1, 1, 1]);
      for (const unit of [app(), other]) {
        const index = unit.get(DeltaIndexService);
        expect(
          await poll(
            () => index.find(one.snapId, 4, 5)?.target,
            (target) => target !== undefined,
          ),
        ).toBe(5);
      }
    } finally {
      await other.close();
    }
  });

  it('without their file are not found, so that the device fetches the whole snap', async () => {
    const one = await push(1);
    const two = await push(2);
    await round();
    const [delta] = await offered(one);
    rmSync(world.store.app.get(BlobStoreService).pathOf(Buffer.from(delta?.['sha3-384'] ?? '', 'hex')));
    expect((await world.get(delta?.url.slice(ORIGIN.length) ?? '')).statusCode).toBe(404);
    const whole = await world.get(`/api/v1/snaps/download/${two.snapId}_2.snap`);
    expect(whole.rawPayload.equals(two.bytes)).toBe(true);
  });

  it('are neither made nor offered if the operator disables them', async () => {
    const one = await push(1);
    await push(2);
    await round();
    await offered(one);
    await set(['proxy.deltas.enabled', 'false']);
    expect(
      await poll(
        () => deltasOf(one),
        (deltas) => Array.isArray(deltas) && deltas.length === 0,
      ),
    ).toEqual([]);
    await push(3);
    await round();
    expect(await states()).toEqual({ '1-2': 'ready' });
    await set(['proxy.deltas.enabled', 'true']);
    await round();
    expect(await states()).toEqual({ '1-2': 'ready', '1-3': 'ready', '2-3': 'ready' });
  });

  it('are listed', async () => {
    const { snapId } = await push(1);
    const two = await push(2);
    await push(3, randomBytes(PADDING_BYTES));
    for (const revision of [1, 2]) await deltasOf(two, undefined, { context: { revision } });
    await world.push({ name: 'other', revision: 1 });
    await round();
    await world.store.query(
      `update snap_delta set used_at = '2026-11-23T05:00:00Z' where source_revision = 2`,
    );
    const list = async (...words: string[]) =>
      await new Cli(() => world.store.dataDir).run('list-deltas', ...words);
    const lines = (await list()).stdout.split('\n');
    expect(lines[0]).toMatch(/^Name +From +To +Bytes +Of +State +Last used +Notes$/);
    expect(lines[1]).toMatch(/^hello +1 +3 +- +\d+ +too-large +- +it is larger than 50 % of /);
    expect(lines[2]).toMatch(/^hello +2 +3 +- +\d+ +too-large +2026-11-23T05:00:00.000Z +it is larger /);
    expect(JSON.parse((await list('hello', '--json')).stdout)).toMatchObject({
      deltas: [
        {
          name: 'hello',
          'snap-id': snapId,
          source: 1,
          target: 3,
          state: 'too-large',
          attempts: 1,
          size: null,
        },
        { source: 2, target: 3, 'sha3-384': null, format: 'xdelta3' },
      ],
    });
    expect(JSON.parse((await list('other', '--json')).stdout)).toEqual({ deltas: [] });
    expect(await list('nothing')).toEqual({
      status: 1,
      stdout: '',
      stderr:
        'error: cannot list deltas of "nothing": the store holds no snap of that name; see `snap-store-proxy list-pushed-snaps`\n',
    });
  });

  it('are made automatically after a push', async () => {
    await app().get(DeltaWorkerService).start();
    const one = await push(1);
    await push(2);
    expect(await offered(one)).toHaveLength(1);
  });
});

describe.skipIf(!hasXdelta3)(`the budget${WITHOUT_XDELTA3}`, () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
  });
  afterAll(() => world.stop());

  const rows = async () => (await world.store.app.get(DeltasService).list()) ?? [];
  const keys = async () =>
    (await rows())
      .filter(({ state }) => state === 'ready')
      .map(({ name, source, target }) => `${name} ${source}-${target}`);
  const round = async () => await world.store.app.get(DeltaWorkerService).round();
  const setBudget = async (bytes: number) =>
    await world.store.app.get(SettingsService).set([['proxy.deltas.max-size', String(bytes)]]);

  it('is exact to the byte: unwanted deltas are dropped, and made again if there is space', async () => {
    const padding = randomBytes(PADDING_BYTES);
    for (const name of ['aa', 'bb']) {
      await world.push({ name, revision: 1, padding });
      await world.push({ name, revision: 2, padding: changed(padding, 5_000) });
    }
    await round();
    expect(await keys()).toEqual(['aa 1-2', 'bb 1-2']);
    const sizes = (await rows()).map(({ sizeBytes }) => sizeBytes ?? 0);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    expect(total).toBeGreaterThan(10_000);
    const files = (await world.store.blobFiles()).length;

    await setBudget(total);
    await round();
    expect(await keys()).toEqual(['aa 1-2', 'bb 1-2']);

    // `aa` was released first, so it is wanted less.
    await setBudget(total - 1);
    await round();
    expect(await keys()).toEqual(['bb 1-2']);
    expect(await world.store.blobFiles()).toHaveLength(files - 1);
    await round();
    expect(await keys()).toEqual(['bb 1-2']);

    await setBudget(total);
    await round();
    expect(await keys()).toEqual(['aa 1-2', 'bb 1-2']);
    expect(await world.store.blobFiles()).toHaveLength(files);

    await setBudget(0);
    await round();
    expect(await keys()).toEqual([]);
    expect(await world.store.blobFiles()).toHaveLength(files - 2);
  });

  it('records the fetched deltas', async () => {
    await setBudget(1 << 20);
    await round();
    const index = world.store.app.get(DeltaIndexService);
    const { snapId = '' } = (await rows())[0] ?? {};
    await poll(
      () => index.find(snapId, 1, 2),
      (delta) => delta !== undefined,
    );
    await world.get(`/api/v1/snaps/download/${snapId}_1_2_xdelta3.delta`);
    await index.writeUsed();
    const records = await rows();
    expect(records.map(({ usedAt }) => usedAt !== null)).toEqual([true, false]);
  });

  it.each(['', '-1', '1.5', '10G', '1'.repeat(16)])('cannot be %j', async (text) => {
    await expect(
      world.store.app.get(SettingsService).set([['proxy.deltas.max-size', text]]),
    ).rejects.toMatchObject({ code: 'invalid-setting' });
  });

  it('may have 15 digits', async () => {
    await setBudget(999_999_999_999_999);
    expect(await world.store.app.get(SettingsService).get(DELTAS_MAX_SIZE)).toBe(999_999_999_999_999);
  });
});
