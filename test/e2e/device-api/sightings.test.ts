import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { DeviceSession } from '../../../src/brand-stores/device-session.js';
import {
  MAX_DEVICES,
  MAX_NOTED_SNAPS_BYTES,
  MAX_UNPROVEN_DEVICES,
  MAX_UNPROVEN_DEVICES_PER_ADDRESS,
  MAX_UNPROVEN_DEVICES_PER_MODEL,
  MAX_UNPROVEN_SNAPS_BYTES,
} from '../../../src/common/limits.js';
import { DevicesRepository } from '../../../src/devices/devices.repository.js';
import { DevicesService, type ListedDevice } from '../../../src/devices/devices.service.js';
import { MAX_NOTED_SNAPS } from '../../../src/devices/sighting.js';
import { SightingsService } from '../../../src/devices/sightings.service.js';
import { StoreApp } from '../../support/store-app.js';
import { TestStoreStack } from '../../support/store-stack.js';
import { SessionClient, TestDevice } from '../../support/test-device.js';

const SNAP_ID = 'helloxxxxxxxxxxxxxxxxxxxxxxxxxxx';
const stack = new TestStoreStack();
const device = new TestDevice(stack, 'sn-1');
let store: StoreApp;
let client: SessionClient;
let sightings: SightingsService;

beforeAll(async () => {
  store = await StoreApp.start();
  client = new SessionClient(store);
  sightings = store.app.get(SightingsService);
  await store.trust(stack.trusted());
});
afterAll(() => store.stop());
beforeEach(async () => {
  await sightings.write();
  await store.query('delete from device');
});

/** Every device, by brand, model and serial. */
async function known(): Promise<readonly ListedDevice[]> {
  const found: ListedDevice[] = [];
  for await (const part of store.app.get(DevicesService).list()) found.push(...part);
  return found;
}

function context(...revisions: number[]): object[] {
  return revisions.map((revision) => ({
    'snap-id': SNAP_ID,
    'instance-key': SNAP_ID,
    revision,
    'tracking-channel': 'latest/edge',
  }));
}

function session(serial: string, more: Partial<DeviceSession> = {}): DeviceSession {
  const expiresAt = Date.now() + 60_000;
  return { brandId: 'brand', model: 'm', serial, trust: 'unknown', expiresAt, ...more };
}

/** Records a visit, as the services do. */
function note(
  of: DeviceSession,
  userAgent?: string,
  said?: readonly unknown[],
  { address = '192.0.2.1', service = sightings } = {},
): void {
  service.note({ session: of, address, userAgent, context: said });
}

it('a device is recorded when it opens a session, and its snaps when it refreshes', async () => {
  const authorization = { 'snap-device-authorization': await client.open(device) };
  await sightings.write();
  expect(await known()).toMatchObject([
    { brandId: 'brand', model: 'my-model', serial: 'sn-1', trust: 'unknown', snaps: null },
  ]);

  const headers = { ...authorization, 'user-agent': 'snapd/2.68.1+git5 (series 16; classic) debian/12' };
  await client.refresh({ context: context(3), actions: [] }, headers);
  await client.refresh({ context: context(4), actions: [] }, headers);
  await client.refresh({ context: [], actions: [] }, headers);
  await sightings.write();
  const [seen] = await known();
  expect(seen).toMatchObject({
    snapdVersion: '2.68.1+git5',
    snaps: [{ 'snap-id': SNAP_ID, revision: 4, channel: 'latest/edge' }],
  });
  expect(seen && seen.lastSeenAt >= seen.firstSeenAt).toBe(true);

  // Later requests with less data delete nothing.
  await client.get('/v2/snaps/find?q=x', authorization);
  await sightings.write();
  expect((await known())[0]).toMatchObject({
    snapdVersion: '2.68.1+git5',
    snaps: [{ revision: 4 }],
  });
});

it('a device without a session, or with a refused request, is not recorded', async () => {
  await client.refresh({ context: context(1), actions: [] });
  await client.refresh(
    { context: context(1), actions: [] },
    { 'snap-device-authorization': 'Macaroon root="x"' },
  );
  const headers = { 'snap-device-authorization': await client.open(device) };
  await sightings.write();
  await client.refresh({ context: [{ revision: 1 }], actions: [] }, headers);
  await sightings.write();
  expect(await known()).toMatchObject([{ serial: 'sn-1', snaps: null }]);
});

it('invalid values from a device are left out', async () => {
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
  note(session('odd'), `snapd/${'1'.repeat(65)} x`, odd);
  const proven = session('odd2', { trust: 'known-brand' });
  const many = context(...Array<number>(MAX_NOTED_SNAPS + 1).fill(2)).map((snap) => ({
    ...snap,
    'tracking-channel': undefined,
  }));
  note(proven, `snapd/${'1'.repeat(64)} x`, many);
  await sightings.write();
  const [first, second] = await known();
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

it.each([
  ['known-brand', MAX_NOTED_SNAPS_BYTES],
  ['unknown', MAX_UNPROVEN_SNAPS_BYTES],
] as const)('a device with trust %s keeps as many bytes of snaps as fit', async (trust, limit) => {
  const long = { 'snap-id': SNAP_ID, revision: 1, channel: 'x'.repeat(128) };
  const count = Math.floor((limit - '['.length) / (JSON.stringify(long).length + 1));
  const said = { 'snap-id': SNAP_ID, revision: 1, 'tracking-channel': long.channel };
  note(
    session('exact', { trust }),
    undefined,
    Array.from({ length: count }, () => said),
  );
  note(
    session('more', { trust }),
    undefined,
    Array.from({ length: count + 5 }, () => said),
  );
  await sightings.write();
  expect(
    await store.query(`select serial, jsonb_array_length(snaps) as count from device order by serial`),
  ).toEqual([
    { serial: 'exact', count },
    { serial: 'more', count },
  ]);
});

/** Inserts devices whose last visits were long ago, one second apart. */
async function insertOld(
  name: string,
  count: number,
  columns: { trust: string; model?: string; from?: string },
) {
  await store.query(
    `insert into device (brand_id, model, serial, serial_trust, first_seen_at, last_seen_at, seen_from)
     select 'brand', '${columns.model ?? 'm'}', '${name}-' || i, '${columns.trust}',
       timestamptz '2020-01-01Z' + i * interval '1 s', timestamptz '2020-01-01Z' + i * interval '1 s',
       ${columns.from ?? "'198.51.100.' || (i % 250) || '/' || (i / 250)"}
     from generate_series(1, ${count}) i`,
  );
}

const counts = async () =>
  Object.fromEntries(
    (
      await store.query(`select split_part(serial, '-', 1) as name, count(*)::int from device group by 1`)
    ).map(({ name, count }) => [name, count]),
  );

it('one address displaces only its own unverified devices', async () => {
  await insertOld('known', 5, { trust: 'known-brand', from: `'192.0.2.1'` });
  await insertOld('others', 5, { trust: 'unknown', from: `'192.0.2.2'` });
  await insertOld('flood', MAX_UNPROVEN_DEVICES_PER_ADDRESS - 1, { trust: 'unknown', from: `'192.0.2.1'` });
  note(session('new-1'));
  await sightings.write();
  expect(await counts()).toEqual({
    known: 5,
    others: 5,
    flood: MAX_UNPROVEN_DEVICES_PER_ADDRESS - 1,
    new: 1,
  });
  for (const serial of ['new-2', 'new-3']) note(session(serial));
  await sightings.write();
  expect(await counts()).toEqual({
    known: 5,
    others: 5,
    flood: MAX_UNPROVEN_DEVICES_PER_ADDRESS - 3,
    new: 3,
  });
  expect(
    await store.query(`select serial from device where serial like 'flood-%' order by last_seen_at limit 1`),
  ).toEqual([{ serial: 'flood-3' }]);
});

it('unverified devices are kept up to the limit of one model, and up to the total limit', async () => {
  await insertOld('other', 5, { trust: 'unknown', model: 'other' });
  await insertOld('own', 5, { trust: 'own' });
  await insertOld('model', MAX_UNPROVEN_DEVICES_PER_MODEL, { trust: 'unknown' });
  note(session('new-1'));
  await sightings.write();
  const rest = MAX_UNPROVEN_DEVICES_PER_MODEL - 1;
  expect(await counts()).toEqual({ other: 5, own: 5, model: rest, new: 1 });
  await insertOld('third', MAX_UNPROVEN_DEVICES - rest - 1 - 5, { trust: 'unknown', model: 'third' });
  note(session('new-2', { model: 'fourth' }));
  await sightings.write();
  const { own, ...unproven } = await counts();
  expect(own).toBe(5);
  expect(Object.values(unproven).reduce<number>((sum, count) => sum + Number(count), 0)).toBe(
    MAX_UNPROVEN_DEVICES,
  );
  expect(unproven['new']).toBe(2);
});

// PostgreSQL's statistics of the table determine the plan of the query.
it.each([1, 5])(
  'the oldest devices are deleted if there are too many, with statistics of %d rows',
  async (few) => {
    await insertOld('few', few, { trust: 'own' });
    await store.query('vacuum analyze device');
    await store.query('delete from device');
    const [made, smallModel] = [1, 2];
    await insertOld('made', made, { trust: 'unknown' });
    await insertOld('small', smallModel, { trust: 'own', model: 'small' });
    await insertOld('large', MAX_DEVICES - made - smallModel, { trust: 'own', model: 'large' });
    const flood = (serial: string) => note(session(serial, { trust: 'own', model: 'large' }));
    flood('new-1');
    await sightings.write();
    // First the unverified one.
    expect(await counts()).toEqual({ small: smallModel, large: MAX_DEVICES - made - smallModel, new: 1 });
    for (const serial of ['new-1', 'new-2', 'new-3']) flood(serial);
    await sightings.write();
    // Then those of the largest model whose last visits are the oldest.
    expect(await counts()).toEqual({ small: smallModel, large: MAX_DEVICES - smallModel - 3, new: 3 });
    expect(
      await store.query(
        `select serial from device where serial like 'large-%' order by last_seen_at limit 1`,
      ),
    ).toEqual([{ serial: 'large-3' }]);
  },
);

it('two units record the same devices at the same time', async () => {
  const other = new SightingsService(store.app.get(DevicesRepository));
  for (let one = 0; one < 400; one += 1) {
    note(session(`sn-${one}`), undefined, context(1));
    note(session(`sn-${399 - one}`), undefined, context(1), { service: other });
  }
  await Promise.all([sightings.write(), other.write()]);
  expect(await store.query('select count(*)::int from device')).toEqual([{ count: 400 }]);
});

it('a visit with a forged serial does not overwrite the data of the real device', async () => {
  const real: DeviceSession = { ...session('sn-1'), trust: 'known-brand' };
  note(session('sn-1'), 'snapd/2.1', context(1));
  await sightings.write();
  note(real, 'snapd/2.70', context(7));
  note(session('sn-1'), 'snapd/2.1', context(1));
  await sightings.write();
  note(session('sn-1'), 'snapd/2.1', context(1));
  await sightings.write();
  expect(await known()).toMatchObject([
    { serial: 'sn-1', trust: 'known-brand', snapdVersion: '2.70', snaps: [{ revision: 7 }] },
  ]);
});

it('a write error in the table does not affect answers, and later writes succeed', async () => {
  const warned = vi.spyOn(sightings['logger'], 'warn').mockImplementation(() => undefined);
  const headers = { 'snap-device-authorization': await client.open(device) };
  // Otherwise the session would be recorded on its own, some time later.
  await sightings.write();
  await store.query('alter table device rename to device_gone');
  try {
    expect((await client.refresh({ context: context(1), actions: [] }, headers)).statusCode).toBe(200);
    await sightings.write();
    expect(warned).toHaveBeenCalledOnce();
  } finally {
    await store.query('alter table device_gone rename to device');
    warned.mockRestore();
  }
  await client.refresh({ context: context(2), actions: [] }, headers);
  await sightings.write();
  expect(await known()).toMatchObject([{ serial: 'sn-1', snaps: [{ revision: 2 }] }]);
});

it('visits are written when the server stops', async () => {
  note(session('last'), undefined, undefined);
  await sightings.beforeApplicationShutdown();
  expect(await store.query('select serial from device')).toEqual([{ serial: 'last' }]);
});
