import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CategoriesService,
  MAX_CATEGORIES,
  MAX_CATEGORY_LENGTH,
} from '../../../src/catalogue/categories.service.js';
import { poll } from '../../support/poll.js';
import { tarOf } from '../../support/tar-file.js';
import { partsOf, type TestSnap } from '../../support/test-snaps.js';
import { at, World } from './world.js';

let world: World;
let categories: CategoriesService;

beforeAll(async () => {
  world = await World.start();
  categories = world.store.app.get(CategoriesService);
  await world.push({ name: 'plain', revision: 1 });
  await pushWith(world.publisher.snap({ name: 'sheep', revision: 1 }), [
    { name: 'games', featured: false },
    { name: 'art-and-design', featured: true },
  ]);
  await pushWith(world.publisher.snap({ name: 'goat', revision: 1 }), [{ name: 'games', featured: false }]);
});
afterAll(() => world.stop());

/** Pushes a bundle with categories in its metadata, as from another store. */
async function pushWith(snap: TestSnap, imported: readonly object[]): Promise<void> {
  const metadata = { name: snap.name, 'snap-id': snap.snapId, snap: { categories: imported } };
  const path = join(world.store.directory, `${snap.name}-${snap.revision}.tar.gz`);
  const parts = [
    ...partsOf([snap]),
    { name: `${snap.name}/metadata.json`, bytes: Buffer.from(JSON.stringify(metadata)) },
  ];
  await writeFile(path, await tarOf(parts));
  await world.store.push(path);
}

async function names(query: string): Promise<string[]> {
  const { results } = (await world.get(`/v2/snaps/find?${query}`)).json<{ results: { name: string }[] }>();
  return results.map(({ name }) => name);
}

async function shown(name: string): Promise<unknown> {
  return at((await world.get(`/v2/snaps/info/${name}?fields=categories`)).json(), 'snap', 'categories');
}

async function lists(): Promise<unknown[]> {
  const [v2, v1] = await Promise.all([
    world.get('/v2/snaps/categories'),
    world.get('/api/v1/snaps/sections'),
  ]);
  expect([v2.headers['content-type'], v1.headers['content-type']]).toEqual([
    'application/json',
    'application/hal+json',
  ]);
  const listed = at(v2.json(), 'categories');
  expect(v1.json()).toEqual({ _embedded: { 'clickindex:sections': listed } });
  return (listed as { name: string }[]).map(({ name }) => name);
}

/** Waits until the server has been notified of a change. */
async function untilShown(name: string, expected: unknown): Promise<void> {
  const text = JSON.stringify(expected);
  expect(
    JSON.stringify(
      await poll(
        () => shown(name),
        (value) => JSON.stringify(value) === text,
      ),
    ),
  ).toBe(text);
}

describe('imported categories', () => {
  it('are listed, used by searches and shown', async () => {
    expect(await lists()).toEqual(['art-and-design', 'featured', 'games']);
    expect(await names('category=games')).toEqual(['goat', 'sheep']);
    expect(await names('category=games&q=goat')).toEqual(['goat']);
    expect(await names('category=games&featured=true')).toEqual(['sheep']);
    expect(await names('category=none')).toEqual([]);
    expect(await shown('goat')).toEqual([{ name: 'games', featured: false }]);
  });

  it('a snap that is featured in one is in the category featured', async () => {
    expect(await names('category=featured')).toEqual(['sheep']);
    expect(await names('featured=true')).toEqual(['sheep']);
  });

  it('are requested by name', async () => {
    const found = await world.get('/v2/snaps/category/games');
    expect([found.statusCode, found.headers['content-type']]).toEqual([200, 'application/json']);
    expect(found.json()).toEqual({ category: { name: 'games' } });
    for (const name of ['none', 'Games', '%00', '%25', '..%2fgames']) {
      const missing = await world.get(`/v2/snaps/category/${name}`);
      expect([missing.statusCode, missing.headers['content-type']]).toEqual([404, 'application/json']);
      expect(at(missing.json(), 'error-list', '0', 'code')).toBe('resource-not-found');
    }
  });
});

describe('categories set by the operator', () => {
  it('replace the imported ones, also after further imports', async () => {
    expect(await categories.choose('sheep', ['utilities', 'featured', 'utilities'])).toEqual({
      categories: [
        { name: 'featured', featured: true },
        { name: 'utilities', featured: false },
      ],
      isChosen: true,
      changed: true,
    });
    const chosen = [
      { name: 'featured', featured: true },
      { name: 'utilities', featured: false },
    ];
    await untilShown('sheep', chosen);
    expect(await names('category=games')).toEqual(['goat']);
    await pushWith(world.publisher.snap({ name: 'sheep', revision: 2 }), [
      { name: 'farming', featured: false },
    ]);
    await untilShown('sheep', chosen);
    expect(await lists()).toEqual(['featured', 'games', 'utilities']);
    expect((await categories.choose('sheep', ['featured', 'utilities'])).changed).toBe(false);
  });

  it('can be empty', async () => {
    await categories.choose('goat', []);
    await untilShown('goat', []);
    expect(await lists()).toEqual(['featured', 'utilities']);
  });

  it('can be reset to the last imported ones', async () => {
    expect(await categories.choose('sheep', null)).toEqual({
      categories: [{ name: 'farming', featured: false }],
      isChosen: false,
      changed: true,
    });
    await untilShown('sheep', [{ name: 'farming', featured: false }]);
    expect(await lists()).toEqual(['farming']);
    // Nothing is featured now: `snap find` shows what there is.
    expect(await names('category=featured')).toEqual(['goat', 'plain', 'sheep']);
  });

  it.each([
    ['an empty name', ['']],
    ['a capital letter', ['Games']],
    ['a space', ['two words']],
    ['two dashes', ['a--b']],
    ['a dash at the end', ['a-']],
    ['a NUL', ['a\0']],
    ['a line end', ['a\nb']],
    ['one letter too many', ['x'.repeat(MAX_CATEGORY_LENGTH + 1)]],
    ['one too many', Array.from({ length: MAX_CATEGORIES + 1 }, (_, index) => `c${index}`)],
  ])('%s is refused in one line, and changes nothing', async (_what, chosen) => {
    const before = await world.store.state();
    const refusal = categories.choose('plain', ['fine', ...chosen].slice(-chosen.length));
    await expect(refusal).rejects.toMatchObject({
      code: 'invalid-request',
      message: expect.stringMatching(/^cannot set the categories of "plain": [^\n]+$/) as string,
    });
    expect(await world.store.state()).toEqual(before);
  });

  it('are accepted up to the limits', async () => {
    const most = Array.from({ length: MAX_CATEGORIES }, (_, index) =>
      `c${index}`.padEnd(MAX_CATEGORY_LENGTH, 'x'),
    );
    expect((await categories.choose('plain', most)).categories).toHaveLength(MAX_CATEGORIES);
    await categories.choose('plain', null);
  });

  it.each(['nothing', '', 'a\0'])('are refused for an unknown snap: %j', async (name) => {
    await expect(categories.choose(name, ['games'])).rejects.toMatchObject({ code: 'not-found' });
  });
});
