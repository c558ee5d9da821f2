import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { GroupsService } from '../../../src/groups/groups.service.js';
import { MAX_OVERRIDES } from '../../../src/releases/overrides/override-requests.js';
import { World } from '../device-api/world.js';
import { AdminWorld, HOSTILE_TEXTS, type AdminReply, type AdminRequest } from '../management/admin-world.js';

let world: World;
let admin: AdminWorld;
let operator: string;
let viewer: string;

beforeAll(async () => {
  vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  world = await World.start();
  admin = AdminWorld.of(world.store);
  operator = await admin.token('pinner', 'operator', ['read', 'release']);
  viewer = await admin.token('reader', 'viewer');
  for (const revision of [1, 2]) await world.push({ name: 'hello', revision });
  await world.push({ name: 'other', revision: 1, architectures: ['amd64', 'arm64'] });
  await world.store.app.get(GroupsService).create('lab');
});
afterAll(async () => {
  await world.stop();
  vi.restoreAllMocks();
});

async function ask(path = '', more: Partial<AdminRequest> = {}): Promise<AdminReply> {
  return await admin.ask({ token: operator, ...more, path: `/admin/v1/overrides${path}` });
}

async function set(
  overrides: readonly object[],
  more: { dryRun?: boolean; headers?: Record<string, string> } = {},
): Promise<AdminReply> {
  const { dryRun, headers = {} } = more;
  const body = { overrides, ...(dryRun !== undefined && { 'dry-run': dryRun }) };
  return await ask('', { method: 'POST', body, headers });
}

const items = ({ json }: AdminReply) => json['items'] as Record<string, unknown>[];
const places = (reply: AdminReply) =>
  items(reply).map((one) => [
    one['name'],
    one['channel'],
    one['architecture'],
    one['group'],
    one['revision'],
  ]);

const HELLO = { name: 'hello', channel: 'stable', revision: 1 };

it('are set together or not at all, and shown with the revision of the channel itself', async () => {
  const reply = await set([
    { ...HELLO, 'expires-at': '2999-12-31' },
    { ...HELLO, group: 'lab', revision: 2 },
    { name: 'other', channel: 'edge', revision: 1 },
  ]);
  expect([reply.status, reply.json['dry-run']]).toEqual([200, false]);
  expect(places(reply)).toEqual([
    ['hello', 'latest/stable', 'amd64', null, 1],
    ['hello', 'latest/stable', 'amd64', 'lab', 2],
    ['other', 'latest/edge', 'amd64', null, 1],
    ['other', 'latest/edge', 'arm64', null, 1],
  ]);
  expect(items(reply)[0]).toMatchObject({ 'upstream-revision': 2, 'expires-at': '2999-12-31T00:00:00.000Z' });
  const bad = await set([
    { ...HELLO, revision: 2 },
    { name: 'other', channel: 'edge', revision: 9 },
  ]);
  expect(bad.status).toBe(404);
  expect(places(await ask('/hello', { token: viewer }))).toEqual([
    ['hello', 'latest/stable', 'amd64', null, 1],
    ['hello', 'latest/stable', 'amd64', 'lab', 2],
  ]);
});

it('are listed in pages, as one by one, and by group', async () => {
  const all = await ask('', { token: viewer });
  expect(places(all)).toEqual([
    ['hello', 'latest/stable', 'amd64', null, 1],
    ['hello', 'latest/stable', 'amd64', 'lab', 2],
    ['other', 'latest/edge', 'amd64', null, 1],
    ['other', 'latest/edge', 'arm64', null, 1],
  ]);
  expect(items(all)[0]).toEqual(items(await ask('/hello'))[0]);
  expect(items(all)[2]).toMatchObject({ 'upstream-revision': null });
  const paged: unknown[] = [];
  for (let after = ''; ;) {
    const page = await ask(`?limit=1${after}`);
    paged.push(...items(page));
    if (page.json['next'] === null) break;
    after = `&after=${page.json['next'] as string}`;
  }
  expect(paged).toEqual(items(all));
  expect(places(await ask('?group=lab'))).toEqual([['hello', 'latest/stable', 'amd64', 'lab', 2]]);
  expect(items(await ask('?group=nobody'))).toEqual([]);
});

it('are guarded by the ETag of the overrides of the snap', async () => {
  const { headers } = await ask('/hello');
  const ifMatch = { 'if-match': headers['etag'] ?? '' };
  const done = await set([{ ...HELLO, channel: 'beta' }], { headers: ifMatch });
  expect([done.status, done.headers['etag']]).toEqual([200, (await ask('/hello')).headers['etag']]);
  const lost = await set([{ ...HELLO, channel: 'candidate' }], { headers: ifMatch });
  expect([lost.status, lost.json['code']]).toEqual([412, 'precondition-failed']);
  const remove = { method: 'DELETE', headers: ifMatch } as const;
  expect((await ask('/hello?channel=beta', remove)).status).toBe(412);
});

it('are deleted for all architectures, for all devices or a group', async () => {
  const tried = await ask('/other?channel=edge&dry-run=true', { method: 'DELETE' });
  expect([tried.status, tried.json['dry-run']]).toEqual([200, true]);
  const deleted = await ask('/other?channel=edge', { method: 'DELETE' });
  expect(places(deleted)).toEqual([
    ['other', 'latest/edge', 'amd64', null, null],
    ['other', 'latest/edge', 'arm64', null, null],
  ]);
  expect(places(await ask('/hello?channel=stable&group=lab', { method: 'DELETE' }))).toHaveLength(1);
  expect((await ask('/hello?channel=stable&group=lab', { method: 'DELETE' })).status).toBe(404);
  expect(places(await ask('/hello'))).toHaveLength(2);
});

it('a dry run changes nothing', async () => {
  const before = items(await ask());
  const tried = await set([{ ...HELLO, channel: 'edge' }], { dryRun: true });
  expect([tried.status, tried.json['dry-run'], places(tried)]).toEqual([
    200,
    true,
    [['hello', 'latest/edge', 'amd64', null, 1]],
  ]);
  expect(items(await ask())).toEqual(before);
});

it('are not changed by a viewer, or a token that is for something else', async () => {
  for (const token of [viewer, await admin.token('importer', 'operator', ['import', 'read'])]) {
    expect((await ask('', { token, method: 'POST', body: { overrides: [HELLO] } })).status).toBe(403);
    expect((await ask('/hello?channel=stable', { token, method: 'DELETE' })).status).toBe(403);
  }
});

it('come in a limited number, in one request', async () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ ...HELLO, channel: `stable/b${index}` }));
  expect(items(await set(many(MAX_OVERRIDES), { dryRun: true }))).toHaveLength(MAX_OVERRIDES);
  const more = await set(many(MAX_OVERRIDES + 1), { dryRun: true });
  expect([more.status, more.json['errors']]).toMatchObject([400, [{ field: 'overrides' }]]);
  expect((await set([])).status).toBe(400);
});

it.each<[object, string]>([
  [{ revision: 0 }, 'revision'],
  [{ revision: null }, 'revision'],
  [{ channel: 5 }, 'channel'],
  [{ series: '16' }, 'series'],
  [{ 'expires-at': 'soon' }, 'soon'],
  [{ group: 'No Group' }, 'No Group'],
])('with %j are refused', async (members, why) => {
  const { status, json } = await set([{ ...HELLO, ...members }]);
  expect([status, json['detail']]).toEqual([400, expect.stringContaining(why)]);
  expect(json['errors']).toMatchObject([{ field: 'overrides' }]);
});

it.each(HOSTILE_TEXTS)('%s is refused wherever a name is expected', async (_what, text) => {
  const inPath = encodeURIComponent(text);
  const replies = [
    await ask(`/${inPath}`),
    await ask(`?group=${inPath}`),
    await ask(`?after=${inPath}`),
    await ask(`/${inPath}?channel=stable`, { method: 'DELETE' }),
    await ask(`/hello?channel=${inPath}`, { method: 'DELETE' }),
    await ask(`/hello?channel=stable&group=${inPath}`, { method: 'DELETE' }),
    await ask(`/hello?channel=stable&dry-run=${inPath}`, { method: 'DELETE' }),
    await set([{ ...HELLO, name: text }]),
    await set([{ ...HELLO, channel: text }]),
    await set([{ ...HELLO, group: text }]),
    await set([{ ...HELLO, 'expires-at': text }]),
  ];
  for (const { status, json } of replies) {
    expect(status).toBeOneOf([400, 404, 414]);
    expect(json['detail']).toMatch(/^[^\p{Cc}]+$/u);
  }
});

it('the API of the original changes and lists the same overrides with the same token', async () => {
  const path = '/v2/metadata/overrides';
  const body = [{ snap_name: 'other', channel: 'beta', revision: 1, series: '16' }];
  const posted = await admin.ask({ path, method: 'POST', token: operator, body });
  expect(posted.status).toBe(200);
  expect(places(await ask('/other'))).toEqual([
    ['other', 'latest/beta', 'amd64', null, 1],
    ['other', 'latest/beta', 'arm64', null, 1],
  ]);
  const listed = await admin.ask({ path: `${path}/other`, token: viewer });
  expect([listed.status, listed.json]).toMatchObject([200, { overrides: [{ snap_name: 'other' }, {}] }]);
  expect((await admin.ask({ path, method: 'POST', token: viewer, body })).status).toBe(403);
  expect((await admin.ask({ path, method: 'POST', body })).status).toBe(401);
});
