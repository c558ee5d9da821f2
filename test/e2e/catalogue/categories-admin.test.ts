import { afterAll, beforeAll, expect, it } from 'vitest';
import { MAX_CATEGORIES, MAX_CATEGORY_LENGTH } from '../../../src/catalogue/categories.service.js';
import { World } from '../device-api/world.js';
import { AdminWorld, HOSTILE_TEXTS, type AdminReply, type AdminRequest } from '../management/admin-world.js';

let world: World;
let admin: AdminWorld;
let operator: string;
let viewer: string;

beforeAll(async () => {
  world = await World.start();
  admin = AdminWorld.of(world.store);
  operator = await admin.token('sorter', 'operator', ['read', 'release']);
  viewer = await admin.token('reader', 'viewer');
  for (const name of ['hello', 'other']) await world.push({ name, revision: 1 });
});
afterAll(() => world.stop());

async function ask(path: string, more: Partial<AdminRequest> = {}): Promise<AdminReply> {
  return await admin.ask({ token: operator, ...more, path: `/admin/v1/${path}` });
}

async function put(body: object, headers: Record<string, string> = {}, snap = 'hello'): Promise<AdminReply> {
  return await ask(`snaps/${snap}/categories`, { method: 'PUT', body, headers });
}

it('are set, removed and reset, as with the command', async () => {
  const set = await put({ categories: ['utilities', 'games', 'featured', 'games'] });
  expect([set.status, set.json]).toEqual([
    200,
    {
      name: 'hello',
      'dry-run': false,
      categories: ['featured', 'games', 'utilities'],
      origin: 'operator',
      changed: true,
    },
  ]);
  expect((await put({ categories: ['games', 'utilities', 'featured'] })).json['changed']).toBe(false);
  expect((await put({ categories: ['games'] }, {}, 'other')).json).toMatchObject({ categories: ['games'] });
  expect((await ask('categories', { token: viewer })).json).toEqual({
    items: [
      { name: 'featured', snaps: 1 },
      { name: 'games', snaps: 2 },
      { name: 'utilities', snaps: 1 },
    ],
    next: null,
  });
  const page = await ask('categories?limit=2');
  const rest = await ask(`categories?limit=2&after=${String(page.json['next'])}`);
  expect(rest.json).toEqual({ items: [{ name: 'utilities', snaps: 1 }], next: null });
  expect((await ask('categories/games')).json).toEqual({ name: 'games', snaps: 2 });
  expect((await put({ categories: [] })).json).toMatchObject({ categories: [], origin: 'operator' });
  expect((await put({ imported: true })).json).toMatchObject({ categories: [], origin: 'import' });
  expect((await ask('categories/utilities')).status).toBe(404);
});

it('are guarded by their ETag, and tried without a change', async () => {
  const before = await ask('snaps/hello/categories', { token: viewer });
  expect(before.json).toEqual({ name: 'hello', categories: [], origin: 'import' });
  const headers = { 'if-match': before.headers['etag'] ?? '' };
  expect((await put({ categories: ['art'], 'dry-run': true }, headers)).json).toMatchObject({
    changed: true,
  });
  const done = await put({ categories: ['art'] }, headers);
  const now = (await ask('snaps/hello/categories')).headers['etag'];
  expect([done.status, done.headers['etag']]).toEqual([200, now]);
  expect((await put({ categories: ['games'] }, headers)).status).toBe(412);
  expect((await ask('snaps/hello/categories')).json).toMatchObject({ categories: ['art'] });
});

it('are changed by operators alone', async () => {
  for (const token of [viewer, await admin.token('other-scope', 'operator', ['setting'])])
    expect(
      (await ask('snaps/hello/categories', { token, method: 'PUT', body: { categories: [] } })).status,
    ).toBe(403);
});

it('have a limited number and length', async () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => `c${index}`);
  const dry = { 'dry-run': true };
  expect((await put({ ...dry, categories: many(MAX_CATEGORIES) })).status).toBe(200);
  expect((await put({ ...dry, categories: many(MAX_CATEGORIES + 1) })).status).toBe(400);
  expect((await put({ ...dry, categories: ['c'.repeat(MAX_CATEGORY_LENGTH)] })).status).toBe(200);
  expect((await put({ ...dry, categories: ['c'.repeat(MAX_CATEGORY_LENGTH + 1)] })).status).toBe(400);
  for (const body of [{}, { imported: false }, { imported: true, categories: [] }, { categories: [1] }])
    expect((await put(body)).status).toBe(400);
});

it.each(HOSTILE_TEXTS)('%s is refused', async (_what, text) => {
  const inPath = encodeURIComponent(text);
  const replies = [
    await put({ categories: [text] }),
    await put({ categories: ['games'] }, {}, inPath),
    await ask(`snaps/${inPath}/categories`),
    await ask(`categories/${inPath}`),
    await ask(`categories?after=${inPath}`),
  ];
  for (const { status, json } of replies) {
    expect(status).toBeOneOf([400, 404, 414]);
    expect(json['detail']).toMatch(/^[^\p{Cc}]+$/u);
  }
});

it('an unknown snap has none', async () => {
  expect((await ask('snaps/nothing/categories')).status).toBe(404);
  expect((await put({ categories: [] }, {}, 'nothing')).status).toBe(404);
});
