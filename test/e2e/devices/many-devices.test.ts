import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { CATALOGUE_CHANNEL } from '../../../src/catalogue/catalogue.service.js';
import { MAX_DEVICES } from '../../../src/common/limits.js';
import { Cli } from '../../support/cli.js';
import { addManyDevices } from '../../support/many-devices.js';
import { addManySnaps } from '../../support/many-snaps.js';
import { AdminWorld } from '../management/admin-world.js';

const SNAPS = 200;
let world: AdminWorld;
let viewer: string;

beforeAll(async () => {
  vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  world = await AdminWorld.start();
  viewer = await world.token('viewer', 'viewer');
  await addManySnaps(world.store.databaseUrl, 1, SNAPS);
  await addManyDevices(world.store.databaseUrl, { devices: MAX_DEVICES, snaps: SNAPS, snapsOfEach: 3 });
});
afterAll(async () => {
  await world.stop();
  vi.restoreAllMocks();
});

/** Releases revision 2 of some snaps, by their rows alone. */
async function release(from: number, to: number): Promise<void> {
  const wanted = `(select rpad('many' || n || 'x', 32, 'x') as snap_id,
    sha384(convert_to('newer ' || n, 'UTF8')) as digest from generate_series(${from}, ${to}) n) wanted`;
  await world.query(`insert into blob (sha3_384, size_bytes) select digest, 1000 from ${wanted}`);
  await world.query(`insert into snap_revision (snap_id, revision, sha3_384, version, type, confinement, epoch,
      architectures, snap_yaml, size_bytes, apps, created_at, import_id)
    select snap_id, 2, digest, '2', type, confinement, epoch, architectures, snap_yaml, size_bytes, apps, now(), import_id
    from snap_revision join ${wanted} using (snap_id)`);
  await world.query(`insert into channel_release (snap_id, architecture, track, risk, revision, released_at, import_id)
    select snap_id, 'amd64', 'latest', 'stable', 2, now(), import_id
    from snap_revision join ${wanted} using (snap_id) where revision = 2`);
  await world.query(`select pg_notify('${CATALOGUE_CHANNEL}', snap_id) from snap`);
  await world.store.heard();
}

async function countPages(query: string): Promise<{ devices: number; pages: number }> {
  let [devices, pages] = [0, 0];
  for (let after = ''; ;) {
    const { json } = await world.ask({ token: viewer, path: `/admin/v1/devices?limit=1000${query}${after}` });
    devices += (json['items'] as unknown[]).length;
    pages += 1;
    if (typeof json['next'] !== 'string') return { devices, pages };
    after = `&after=${json['next']}`;
  }
}

it('list-devices prints as many devices as a store remembers, in each of its formats', async () => {
  const cli = new Cli(() => world.store.dataDir);
  const lines = await cli.lines('list-devices');
  expect([lines.length, lines[0], lines[1]]).toEqual([
    MAX_DEVICES + 1,
    expect.stringMatching(/^Brand +Model +Serial +snapd +Snaps +Last seen$/),
    expect.stringMatching(/^brand +model-0 +sn-000010 +2\.68 +3 +\d{4}-/),
  ]);
  const column = (line = '') => line.indexOf(line.includes('Serial') ? 'Serial' : 'sn-');
  expect(new Set(lines.map(column)).size).toBe(1);
  const { devices } = JSON.parse(await cli.ok('list-devices', '--json')) as { devices: object[] };
  expect([devices.length, new Set(devices.map((one) => JSON.stringify(one))).size]).toEqual([
    MAX_DEVICES,
    MAX_DEVICES,
  ]);
  expect(await cli.lines('list-devices', '--csv')).toHaveLength(MAX_DEVICES + 1);
});

it('the API lists them all, in pages', async () => {
  expect(await countPages('')).toEqual({ devices: MAX_DEVICES, pages: 100 });
  expect(await countPages('&sort=last-seen&order=desc')).toEqual({ devices: MAX_DEVICES, pages: 100 });
});

it('finds those that are behind, where none, few and all are', async () => {
  expect(await countPages('&behind=true')).toEqual({ devices: 0, pages: 1 });
  await release(1, 1);
  const [row] = await world.query<{ few: number }>(
    `select count(*)::int as few from device where snaps @> '[{"snap-id": "${'many1'.padEnd(32, 'x')}"}]'`,
  );
  const few = row?.few ?? 0;
  expect(few).toBeGreaterThan(0);
  expect((await countPages('&behind=true')).devices).toBe(few);
  expect((await countPages('&behind=true&sort=last-seen')).devices).toBe(few);
  await release(2, SNAPS);
  expect(await countPages('&behind=true')).toEqual({ devices: MAX_DEVICES, pages: 100 });
});
