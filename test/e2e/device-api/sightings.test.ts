import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { encodeStream } from '../../../src/assertions/format/stream.js';
import { DevicesRepository } from '../../../src/devices/devices.repository.js';
import type { DeviceSession } from '../../../src/devices/device-session.js';
import { MAX_NOTED_SNAPS } from '../../../src/devices/sighting.js';
import {
  MAX_DEVICES,
  MAX_WAITING_DEVICES,
  MAX_WAITING_SNAPS,
  SightingsService,
} from '../../../src/devices/sightings.service.js';
import { StoreApp } from '../../support/store-app.js';
import { TestStoreStack } from '../../support/store-stack.js';
import { SessionClient, TestDevice } from '../../support/test-device.js';

const SNAP_ID = 'helloxxxxxxxxxxxxxxxxxxxxxxxxxxx';
const stack = new TestStoreStack();
const device = new TestDevice(stack, 'sn-1');
let store: StoreApp;
let client: SessionClient;
let sightings: SightingsService;
let devices: DevicesRepository;

async function query(sql: string): Promise<Record<string, unknown>[]> {
  const database = new Client({ connectionString: store.databaseUrl });
  await database.connect();
  try {
    return (await database.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await database.end();
  }
}

beforeAll(async () => {
  store = await StoreApp.start();
  client = new SessionClient(store);
  sightings = store.app.get(SightingsService);
  devices = store.app.get(DevicesRepository);
  const root = join(store.directory, 'root.assert');
  writeFileSync(root, encodeStream(stack.trusted()));
  await store.trust(root);
});
afterAll(() => store.stop());
beforeEach(async () => {
  await sightings.write();
  await query('delete from device');
});

function context(...revisions: number[]): object[] {
  return revisions.map((revision) => ({
    'snap-id': SNAP_ID,
    'instance-key': SNAP_ID,
    revision,
    'tracking-channel': 'latest/edge',
  }));
}

function session(serial: string): DeviceSession {
  return { brandId: 'brand', model: 'm', serial, trust: 'unknown', expiresAt: Date.now() + 60_000 };
}

it('a device is known from its session on, and what it runs from its refresh', async () => {
  const authorization = { 'snap-device-authorization': await client.open(device) };
  await sightings.write();
  expect(await devices.findAll()).toMatchObject([
    { brandId: 'brand', model: 'my-model', serial: 'sn-1', trust: 'unknown', snaps: null },
  ]);

  const headers = { ...authorization, 'user-agent': 'snapd/2.68.1+git5 (series 16; classic) debian/12' };
  await client.refresh({ context: context(3), actions: [] }, headers);
  await client.refresh({ context: context(4), actions: [] }, headers);
  await client.refresh({ context: [], actions: [] }, headers);
  await sightings.write();
  const [known] = await devices.findAll();
  expect(known).toMatchObject({
    snapdVersion: '2.68.1+git5',
    snaps: [{ 'snap-id': SNAP_ID, revision: 4, channel: 'latest/edge' }],
  });
  expect(known && known.lastSeenAt >= known.firstSeenAt).toBe(true);

  // Later requests that say less take nothing away.
  await client.get('/v2/snaps/find?q=x', authorization);
  await sightings.write();
  expect((await devices.findAll())[0]).toMatchObject({
    snapdVersion: '2.68.1+git5',
    snaps: [{ revision: 4 }],
  });
});

it('nobody is noted who has no session, or whose request is refused', async () => {
  await client.refresh({ context: context(1), actions: [] });
  await client.refresh(
    { context: context(1), actions: [] },
    { 'snap-device-authorization': 'Macaroon root="x"' },
  );
  const headers = { 'snap-device-authorization': await client.open(device) };
  await sightings.write();
  await client.refresh({ context: [{ revision: 1 }], actions: [] }, headers);
  await sightings.write();
  expect(await devices.findAll()).toMatchObject([{ serial: 'sn-1', snaps: null }]);
});

it('what a device says that is not as it should be is left out', async () => {
  const odd = [
    null,
    7,
    { 'snap-id': SNAP_ID },
    { 'snap-id': `${SNAP_ID}\u0000`, revision: 1 },
    { 'snap-id': 'x'.repeat(65), revision: 1 },
    { 'snap-id': 'x'.repeat(64), revision: 1 },
    { 'snap-id': SNAP_ID, revision: 0 },
    { 'snap-id': SNAP_ID, revision: 2 ** 31 },
    { 'snap-id': SNAP_ID, revision: 2 ** 31 - 1, 'tracking-channel': '\u001b[2J' },
  ];
  sightings.note(session('odd'), `snapd/${'1'.repeat(65)} x`, odd);
  sightings.note(
    session('odd2'),
    `snapd/${'1'.repeat(64)} x`,
    context(...Array(MAX_NOTED_SNAPS + 1).fill(2)),
  );
  await sightings.write();
  const [first, second] = await devices.findAll();
  expect(first).toMatchObject({
    snapdVersion: null,
    snaps: [
      { 'snap-id': 'x'.repeat(64), revision: 1 },
      { 'snap-id': SNAP_ID, revision: 2 ** 31 - 1 },
    ],
  });
  expect(first?.snaps?.[1]?.channel).toBeUndefined();
  expect([second?.snapdVersion, second?.snaps?.length]).toEqual(['1'.repeat(64), MAX_NOTED_SNAPS]);
});

it('as many devices and snaps wait as there is room for, and no more', async () => {
  for (let one = 0; one <= MAX_WAITING_DEVICES; one += 1) sightings.note(session(`sn-${one}`), undefined, []);
  // One that waits already may still change.
  sightings.note(session('sn-0'), 'snapd/2.70', []);
  await sightings.write();
  expect(await query('select count(*)::int, max(snapd_version) as version from device')).toEqual([
    { count: MAX_WAITING_DEVICES, version: '2.70' },
  ]);

  const half = context(...Array(MAX_WAITING_SNAPS / 2).fill(1));
  for (const serial of ['sn-1', 'sn-2', 'sn-2', 'sn-3']) sightings.note(session(serial), undefined, half);
  await sightings.write();
  sightings.note(session('sn-4'), undefined, half);
  await sightings.write();
  expect(await query(`select serial from device where snaps is not null order by 1`)).toEqual([
    { serial: 'sn-1' },
    { serial: 'sn-2' },
    { serial: 'sn-4' },
  ]);
});

// What PostgreSQL believes of the table decides how it looks for them.
it.each([1, 5])(
  'of too many devices, those that nobody vouches for and that were away for longest are forgotten, where %d were there',
  async (few) => {
    const [before, owned, added] = [MAX_DEVICES - 2, 2, 3];
    await query(
      `insert into device (brand_id, model, serial, serial_trust, first_seen_at, last_seen_at)
     select 'brand', 'm', 'few-' || i, 'own', now(), now() from generate_series(1, ${few}) i`,
    );
    await query('vacuum analyze device');
    await query('delete from device');
    await query(
      `insert into device (brand_id, model, serial, serial_trust, first_seen_at, last_seen_at)
     select 'brand', 'm', 'old-' || i, case when i <= ${owned} then 'own' else 'unknown' end,
       timestamptz '2020-01-01Z' + i * interval '1 s', timestamptz '2020-01-01Z' + i * interval '1 s'
     from generate_series(1, ${before}) i`,
    );
    for (let one = 1; one < added; one += 1) sightings.note(session(`new-${one}`), undefined, context(1));
    await sightings.write();
    const count = async () => await query('select count(*)::int from device');
    expect(await count()).toEqual([{ count: MAX_DEVICES }]);
    sightings.note(session(`new-${added}`), undefined, undefined);
    sightings.note(session('new-1'), undefined, undefined);
    await sightings.write();
    expect(await count()).toEqual([{ count: MAX_DEVICES }]);
    expect(
      await query(`select serial from device where serial like 'old-%' order by last_seen_at limit 3`),
    ).toEqual([{ serial: 'old-1' }, { serial: 'old-2' }, { serial: 'old-4' }]);
    expect(await query(`select count(*)::int from device where serial like 'new-%'`)).toEqual([
      { count: added },
    ]);
  },
);

it('two units note the same devices at the same time', async () => {
  const other = new SightingsService(devices);
  for (let one = 0; one < 400; one += 1) {
    sightings.note(session(`sn-${one}`), undefined, context(1));
    other.note(session(`sn-${399 - one}`), undefined, context(1));
  }
  await Promise.all([sightings.write(), other.write()]);
  expect(await query('select count(*)::int from device')).toEqual([{ count: 400 }]);
});

it('what somebody with a made-up serial says is not taken for what the device says that has it', async () => {
  const real: DeviceSession = { ...session('sn-1'), trust: 'known-brand' };
  sightings.note(session('sn-1'), 'snapd/2.1', context(1));
  await sightings.write();
  sightings.note(real, 'snapd/2.70', context(7));
  sightings.note(session('sn-1'), 'snapd/2.1', context(1));
  await sightings.write();
  sightings.note(session('sn-1'), 'snapd/2.1', context(1));
  await sightings.write();
  expect(await devices.findAll()).toMatchObject([
    { serial: 'sn-1', trust: 'known-brand', snapdVersion: '2.70', snaps: [{ revision: 7 }] },
  ]);
});

it('a table that cannot be written costs no answer, and is written again later', async () => {
  const warned = vi.spyOn(sightings['logger'], 'warn').mockImplementation(() => undefined);
  const headers = { 'snap-device-authorization': await client.open(device) };
  // Or the session is noted on its own, some time after it.
  await sightings.write();
  await query('alter table device rename to device_gone');
  try {
    expect((await client.refresh({ context: context(1), actions: [] }, headers)).statusCode).toBe(200);
    await sightings.write();
    expect(warned).toHaveBeenCalledOnce();
  } finally {
    await query('alter table device_gone rename to device');
    warned.mockRestore();
  }
  await client.refresh({ context: context(2), actions: [] }, headers);
  await sightings.write();
  expect(await devices.findAll()).toMatchObject([{ serial: 'sn-1', snaps: [{ revision: 2 }] }]);
});

it('is written when the server stops', async () => {
  sightings.note(session('last'), undefined, undefined);
  await sightings.beforeApplicationShutdown();
  expect(await query('select serial from device')).toEqual([{ serial: 'last' }]);
});
