import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { NAMES_AT_ONCE } from '../../../src/device-api/search/names.service.js';
import { SearchRepository } from '../../../src/device-api/search/search.repository.js';
import { addManySnaps } from '../../support/many-snaps.js';
import { jsonOf, listen, send } from './wire.js';
import { at, World } from './world.js';

let world: World;
let port: number;
const stored: string[] = [];

beforeAll(async () => {
  world = await World.start();
  port = await listen(world.store.app);
});
afterAll(() => world.stop());

/** The names, and the number of names in each read. */
async function names(query = 'confinement=strict'): Promise<{ names: string[]; reads: number[] }> {
  const spy = vi.spyOn(world.store.app.get(SearchRepository), 'listNames');
  const reply = await send(port, { path: `/api/v1/snaps/names?${query}` });
  expect([reply.status, reply.headers['content-type']]).toEqual([200, 'application/hal+json']);
  const list = at(jsonOf(reply), '_embedded', 'clickindex:package') as { package_name: string }[];
  const reads = await Promise.all(
    spy.mock.results.map(async ({ value }) => (await (value as Promise<unknown[]>)).length),
  );
  spy.mockRestore();
  return { names: list.map((entry) => entry.package_name), reads };
}

async function addUpTo(count: number): Promise<void> {
  stored.push(...(await addManySnaps(world.store.databaseUrl, stored.length + 1, count)));
  await world.store.heard();
}

it('an empty store has an empty list', async () => {
  expect(await names()).toEqual({ names: [], reads: [] });
});

it.each([
  [NAMES_AT_ONCE - 1, [NAMES_AT_ONCE - 1]],
  [NAMES_AT_ONCE, [NAMES_AT_ONCE, 0]],
  [NAMES_AT_ONCE + 1, [NAMES_AT_ONCE, 1]],
])('%d names, once each and in order', async (count, reads) => {
  await addUpTo(count);
  expect(await names()).toEqual({ names: stored, reads });
});

it('a repeated request reads nothing again, also for other devices', async () => {
  expect((await names()).reads).toEqual([]);
  for (const query of ['strict,strict', 'strict,unheard-of', 'unheard-of'])
    expect((await names(`confinement=${query}`)).reads).toEqual([]);
});

it('simultaneous requests wait for one read', async () => {
  await world.push({ name: 'another', revision: 1 });
  const repository = world.store.app.get(SearchRepository);
  const spy = vi.spyOn(repository, 'listNames');
  await Promise.all(
    Array.from({ length: 20 }, () => send(port, { path: '/api/v1/snaps/names?confinement=strict' })),
  );
  expect(spy.mock.calls.length).toBe(2);
  spy.mockRestore();
  stored.unshift('another');
});

it('a failure in the middle is an error, so that a partial list is not mistaken for the whole, and is not kept', async () => {
  const repository = world.store.app.get(SearchRepository);
  const real = repository.listNames.bind(repository);
  const spy = vi.spyOn(repository, 'listNames');
  spy.mockImplementationOnce(real).mockRejectedValueOnce(new Error('the database is gone'));
  expect((await send(port, { path: '/api/v1/snaps/names' })).status).toBe(500);
  spy.mockRestore();
  expect((await names('')).names).toEqual(stored);
});
