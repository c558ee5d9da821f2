import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { BrandStoresService } from '../../../src/brand-stores/brand-stores.service.js';
import { DatabaseService } from '../../../src/database/database.service.js';
import { BrandWorld, type BrandSnap } from './brand-world.js';

let world: BrandWorld;
/** A snap of a brand store. */
let owned: BrandSnap;
/** A snap that was never pushed. */
let absent: BrandSnap;
let ofStore: Record<string, string>;

beforeAll(async () => {
  world = await BrandWorld.start();
  await world.store.app.get(BrandStoresService).add({ storeId: 'brand-main', brandId: 'brand' });
  owned = await world.snap('house-secret');
  await world.store.push(owned.path, { claim: { storeId: 'brand-main' } });
  absent = await world.snap('never-pushed');
  ofStore = await world.session('brand', 'sn-store', 'brand-main');
});
afterAll(() => world.store.stop());

/** The database queries of requests to all endpoints. */
async function questionsAbout(snap: BrandSnap, headers: Record<string, string> = {}): Promise<string[]> {
  const spy = vi.spyOn(world.store.app.get(DatabaseService), 'query');
  await world.doors(snap, headers);
  const questions = spy.mock.calls.map(([sql]) => sql);
  spy.mockRestore();
  return questions;
}

it('a hidden snap costs other devices as much as an unknown one, also while its own devices use it', async () => {
  for (let round = 0; round < 2; round += 1) {
    await world.doors(owned, ofStore);
    await questionsAbout(absent);
    await questionsAbout(owned);
    expect(await questionsAbout(owned)).toEqual(await questionsAbout(absent));
  }
});

it('so does the first request for a name', async () => {
  await world.doors(owned, ofStore);
  const next = await world.snap('next-secret');
  await world.store.push(next.path, { claim: { storeId: 'brand-main' } });
  await world.client.get(`/v2/snaps/info/${next.name}`, ofStore);
  const spy = vi.spyOn(world.store.app.get(DatabaseService), 'query');
  const questions = async (name: string) => {
    spy.mockClear();
    expect((await world.client.get(`/v2/snaps/info/${name}`)).statusCode).toBe(404);
    return spy.mock.calls.map(([sql]) => sql);
  };
  for (let round = 0; round < 3; round += 1)
    expect(await questions(next.name)).toEqual(await questions('not-here-at-all'));
  expect((await world.client.get(`/v2/snaps/info/${next.name}`, ofStore)).statusCode).toBe(200);
  spy.mockRestore();
});

it('caches learn which answers depend on the device, and keep none for a single device', async () => {
  const others = await world.snap('for-all', 1, 'other');
  await world.store.push(others.path);
  const vary = 'Snap-Device-Authorization, X-Device-Authorization';
  const seen = async (path: string, headers: Record<string, string> = {}) => {
    const { headers: said } = await world.client.get(path, headers);
    return [(said.vary ?? '').includes(vary), said['cache-control']];
  };
  const doors = [
    `/v2/snaps/info/${owned.name}`,
    `/v2/snaps/find?q=${owned.name}`,
    '/v2/snaps/categories',
    '/v2/snaps/category/games',
    '/api/v1/snaps/sections',
    '/api/v1/snaps/names',
    `/v2/assertions/snap-declaration/16/${owned.snapId}`,
    `/api/v1/snaps/download/${owned.snapId}_1.snap`,
  ];
  for (const path of doors) {
    expect([path, await seen(path)]).toEqual([path, [true, undefined]]);
    expect([path, await seen(path, ofStore)]).toEqual([path, [true, 'private']]);
    expect([
      path,
      await seen(path.replace(owned.name, absent.name).replace(owned.snapId, absent.snapId)),
    ]).toEqual([path, [true, undefined]]);
  }
  // The same for all devices, so caches may keep it.
  for (const path of [`/api/v1/snaps/download/${others.snapId}_1.snap`, '/v2/assertions/account/brand'])
    for (const headers of [{}, ofStore])
      expect([path, await seen(path, headers)]).toEqual([path, [false, undefined]]);
});
