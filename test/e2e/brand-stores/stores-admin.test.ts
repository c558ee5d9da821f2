import { afterAll, beforeAll, expect, it } from 'vitest';
import { MAX_STORE_ID_LENGTH } from '../../../src/common/domain/words.js';
import { World } from '../device-api/world.js';
import { AdminWorld, HOSTILE_TEXTS, type AdminReply, type AdminRequest } from '../management/admin-world.js';

let world: World;
let admin: AdminWorld;
let operator: string;
let viewer: string;

beforeAll(async () => {
  world = await World.start();
  admin = AdminWorld.of(world.store);
  operator = await admin.token('keeper', 'operator', ['read', 'release', 'setting']);
  viewer = await admin.token('reader', 'viewer');
  for (const name of ['hello', 'other']) await world.push({ name, revision: 1 });
});
afterAll(() => world.stop());

async function ask(path: string, more: Partial<AdminRequest> = {}): Promise<AdminReply> {
  return await admin.ask({ token: operator, ...more, path: `/admin/v1/${path}` });
}

async function put(path: string, body: object, headers: Record<string, string> = {}): Promise<AdminReply> {
  return await ask(path, { method: 'PUT', body, headers });
}

it('are added, changed and removed, as with the commands', async () => {
  const brand = { 'brand-id': 'acme' };
  expect((await put('stores/main', brand)).json).toEqual({
    'dry-run': false,
    store: 'main',
    ...brand,
    parent: null,
    outcome: 'added',
  });
  expect((await put('stores/child', { ...brand, parent: 'main' })).json).toMatchObject({ parent: 'main' });
  expect((await put('stores/child', brand)).json).toMatchObject({ parent: 'main', outcome: 'unchanged' });
  expect((await put('stores/main', { ...brand, parent: 'child' })).status).toBe(400);
  expect((await ask('stores', { token: viewer })).json).toEqual({
    items: [
      { store: 'child', ...brand, parent: 'main', snaps: 0 },
      { store: 'main', ...brand, parent: null, snaps: 0 },
    ],
    next: null,
  });
  const page = await ask('stores?limit=1');
  const rest = await ask(`stores?limit=1&after=${String(page.json['next'])}`);
  expect(rest.json['items']).toMatchObject([{ store: 'main' }]);
  expect((await ask('stores/main', { method: 'DELETE' })).json['code']).toBe('conflict');
  expect((await put('stores/child', { ...brand, parent: null })).json).toMatchObject({ outcome: 'changed' });
  expect((await ask('stores/child?dry-run=true', { method: 'DELETE' })).status).toBe(204);
  expect((await ask('stores/child', { method: 'DELETE' })).status).toBe(204);
  expect((await ask('stores/child', { method: 'DELETE' })).status).toBe(404);
  expect((await ask('stores/child')).status).toBe(404);
});

it('get snaps, which are then found by their store', async () => {
  const set = await put('snaps/hello/store', { store: 'main', private: true });
  expect([set.status, set.json]).toEqual([
    200,
    { name: 'hello', 'dry-run': false, store: 'main', private: true, changed: true },
  ]);
  expect((await put('snaps/hello/store', { store: 'main', private: true })).json['changed']).toBe(false);
  expect((await ask('snaps/hello/store', { token: viewer })).json).toEqual({
    name: 'hello',
    store: 'main',
    private: true,
  });
  expect((await ask('snaps?store=main')).json['items']).toMatchObject([{ name: 'hello', private: true }]);
  expect((await ask('stores')).json['items']).toMatchObject([{ store: 'main', snaps: 1 }]);
  expect((await ask('stores/main', { method: 'DELETE' })).json['detail']).toContain('it has snaps (hello)');
  expect((await put('snaps/hello/store', { store: null, private: true })).status).toBe(400);
  expect((await put('snaps/hello/store', { store: 'nowhere' })).status).toBe(404);
  expect((await put('snaps/nothing/store', { store: 'main' })).status).toBe(404);
  expect((await put('snaps/hello/store', {})).status).toBe(400);
  expect((await put('snaps/hello/store', { store: null })).json).toMatchObject({
    store: null,
    changed: true,
  });
});

it('are guarded by their ETags, and tried without a change', async () => {
  const { headers } = await ask('stores/main');
  const ifMatch = { 'if-match': headers['etag'] ?? '' };
  const other = { 'brand-id': 'other' };
  expect((await put('stores/main', { ...other, 'dry-run': true }, ifMatch)).json).toMatchObject({
    outcome: 'changed',
  });
  const changed = await put('stores/main', other, ifMatch);
  expect([changed.status, changed.headers['etag']]).toEqual([
    200,
    (await ask('stores/main')).headers['etag'],
  ]);
  expect((await put('stores/main', { 'brand-id': 'third' }, ifMatch)).status).toBe(412);
  expect((await ask('stores/main', { method: 'DELETE', headers: ifMatch })).status).toBe(412);
  expect((await put('stores/new', other, ifMatch)).status).toBe(412);
  const owner = await ask('snaps/hello/store');
  const guarded = { 'if-match': owner.headers['etag'] ?? '' };
  const moved = await put('snaps/hello/store', { store: 'main' }, guarded);
  const now = (await ask('snaps/hello/store')).headers['etag'];
  expect([moved.status, moved.headers['etag']]).toEqual([200, now]);
  expect((await put('snaps/hello/store', { store: null }, guarded)).status).toBe(412);
});

it('are changed by operators with the scope alone', async () => {
  const releaser = await admin.token('releaser', 'operator', ['release']);
  for (const token of [viewer, releaser]) {
    const body = { 'brand-id': 'acme' };
    expect((await ask('stores/x', { token, method: 'PUT', body })).status).toBe(403);
    expect((await ask('stores/main', { token, method: 'DELETE' })).status).toBe(403);
  }
  const body = { store: null };
  expect((await ask('snaps/hello/store', { token: viewer, method: 'PUT', body })).status).toBe(403);
  expect((await ask('snaps/hello/store', { token: releaser, method: 'PUT', body })).status).toBe(200);
});

it('have ids and accounts of a limited length', async () => {
  const body = { 'brand-id': 'acme', 'dry-run': true };
  expect((await put(`stores/${'s'.repeat(MAX_STORE_ID_LENGTH)}`, body)).status).toBe(200);
  expect((await put(`stores/${'s'.repeat(MAX_STORE_ID_LENGTH + 1)}`, body)).status).toBe(400);
  expect((await put('stores/s', { ...body, 'brand-id': 'A'.repeat(32) })).status).toBe(200);
  expect((await put('stores/s', { ...body, 'brand-id': 'A'.repeat(33) })).status).toBe(400);
  expect((await put('stores/ubuntu', body)).json['detail']).toContain('the store of all public snaps');
});

it.each(HOSTILE_TEXTS)('%s is refused', async (_what, text) => {
  const inPath = encodeURIComponent(text);
  const replies = [
    await ask(`stores/${inPath}`),
    await ask(`stores/${inPath}`, { method: 'DELETE' }),
    await put(`stores/${inPath}`, { 'brand-id': 'acme' }),
    await put('stores/s', { 'brand-id': text }),
    await put('stores/s', { 'brand-id': 'acme', parent: text }),
    await ask(`stores?after=${inPath}`),
    await ask(`snaps/${inPath}/store`),
    await put(`snaps/${inPath}/store`, { store: 'main' }),
    await put('snaps/hello/store', { store: text }),
  ];
  for (const { status, json } of replies) {
    expect(status).toBeOneOf([400, 404, 414]);
    expect(json['detail']).toMatch(/^[^\p{Cc}]+$/u);
  }
});
