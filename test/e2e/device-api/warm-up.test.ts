import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { CatalogueRepository } from '../../../src/catalogue/catalogue.repository.js';
import { CatalogueService } from '../../../src/catalogue/catalogue.service.js';
import { SNAPS_AT_ONCE } from '../../../src/common/limits.js';
import { SearchRepository } from '../../../src/device-api/search/search.repository.js';
import { WarmUpService } from '../../../src/device-api/warm-up.service.js';
import { addManySnaps } from '../../support/many-snaps.js';
import { install } from './refresh-actions.js';
import { World } from './world.js';

let world: World;
let names: string[];

beforeAll(async () => {
  world = await World.start();
  names = await addManySnaps(world.store.databaseUrl, 1, 2 * SNAPS_AT_ONCE + 1);
  await world.store.heard();
});
afterAll(() => world.stop());

/** How often snaps, and lists of names, are read from the database while a device asks for all of them. */
async function readsOf(asked: readonly string[]): Promise<{ snaps: number; lists: number }> {
  vi.restoreAllMocks();
  const snaps = vi.spyOn(world.store.app.get(CatalogueRepository), 'findSnaps');
  const lists = vi.spyOn(world.store.app.get(SearchRepository), 'listNames');
  const { results } = await world.refresh(asked.map((name) => install(name)));
  expect(results.map(({ result }) => result)).toEqual(asked.map(() => 'install'));
  for (const confinement of ['strict', 'strict,classic']) {
    const reply = await world.get(`/api/v1/snaps/names?confinement=${confinement}`, {
      'snap-device-architecture': 'amd64',
    });
    for (const name of asked) expect(reply.body).toContain(`"${name}"`);
  }
  const counts = { snaps: snaps.mock.calls.length, lists: lists.mock.calls.length };
  vi.restoreAllMocks();
  return counts;
}

const idOf = async (name: string) =>
  (await world.store.app.get(CatalogueRepository).findRefs([], [name]))[0]?.snapId ?? '';

it('reads snaps before devices request them, and again after changes', async () => {
  const { app } = world.store;
  const listNames = vi.spyOn(app.get(SearchRepository), 'listNames');
  await app.get(WarmUpService).start();
  await vi.waitUntil(() => listNames.mock.settledResults.length === 2, { timeout: 60_000 });
  expect(await readsOf(names)).toEqual({ snaps: 0, lists: 0 });

  await world.push({ name: 'later', revision: 1 });
  const snapId = await idOf('later');
  const list = vi.spyOn(app.get(SearchRepository), 'listNames');
  expect(app.get(CatalogueService).peek(snapId)).toBeUndefined();
  await vi.waitUntil(() => list.mock.settledResults.length === 2, { timeout: 60_000 });
  expect(await readsOf([...names, 'later'])).toEqual({ snaps: 0, lists: 0 });
});
