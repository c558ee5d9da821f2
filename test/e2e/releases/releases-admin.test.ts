import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_CHANNEL_LENGTH } from '../../../src/channels/channel.js';
import { MAX_INTEGER } from '../../../src/common/domain/words.js';
import { MAX_PAGE_ROWS } from '../../../src/common/limits.js';
import { MAX_CHANGED_ARCHITECTURES, MAX_CHANGED_CHANNELS } from '../../../src/releases/releases.dto.js';
import { World } from '../device-api/world.js';
import { AdminWorld, HOSTILE_TEXTS, type AdminReply, type AdminRequest } from '../management/admin-world.js';

let world: World;
let admin: AdminWorld;
let operator: string;
let viewer: string;

beforeAll(async () => {
  world = await World.start();
  admin = AdminWorld.of(world.store);
  operator = await admin.token('releaser', 'operator', ['read', 'release']);
  viewer = await admin.token('reader', 'viewer', ['read']);
  for (const revision of [1, 2, 3]) await world.push({ name: 'hello', revision });
  await world.push({ name: 'hello', revision: 4, architectures: ['arm64', 'armhf'] }, ['latest/beta']);
});
afterAll(() => world.stop());

async function ask(path: string, more: Partial<AdminRequest> = {}): Promise<AdminReply> {
  return await admin.ask({ token: operator, ...more, path: `/admin/v1/snaps/${path}` });
}

async function post(path: string, body: object, headers: Record<string, string> = {}): Promise<AdminReply> {
  return await ask(path, { method: 'POST', body, headers });
}

interface Channel {
  readonly channel: string;
  readonly architecture: string;
}

/** The channels of an answer, as `channel architecture` with some members. */
function shown({ json }: AdminReply, ...members: string[]): unknown[] {
  return (json['channels'] as (Channel & Record<string, unknown>)[]).map((one) => [
    `${one.channel} ${one.architecture}`,
    ...members.map((member) => one[member]),
  ]);
}

describe('the channel map', () => {
  it('shows every open channel, and has an ETag', async () => {
    const reply = await ask('hello/channel-map', { token: viewer });
    expect([reply.status, reply.json['name'], reply.json['default-track']]).toEqual([200, 'hello', null]);
    expect(shown(reply, 'revision', 'percentage', 'origin', 'actor')).toEqual([
      ['latest/stable amd64', 3, null, 'import', { kind: 'store', name: 'server' }],
      ['latest/beta arm64', 4, null, 'import', { kind: 'store', name: 'server' }],
      ['latest/beta armhf', 4, null, 'import', { kind: 'store', name: 'server' }],
    ]);
    expect(reply.headers['etag']).toMatch(/^"[\w-]{22}"$/);
  });

  it('lets nobody overwrite a change that they have not seen', async () => {
    const etag = (await ask('hello/channel-map')).headers['etag'] ?? '';
    const release = async (revision: number, tag = etag) =>
      await post(
        'hello/releases',
        { revision, channels: ['lost/stable'], 'new-track': true },
        { 'if-match': tag },
      );
    const both = await Promise.all([release(1), release(2)]);
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 412]);
    const lost = both.find(({ status }) => status === 412);
    expect(lost?.json['code']).toBe('precondition-failed');
    for (const path of ['hello/close', 'hello/rollback']) {
      const body = path.endsWith('close') ? { channels: ['lost/stable'] } : { channel: 'lost/stable' };
      expect((await post(path, body, { 'if-match': etag })).status).toBe(412);
    }
    const now = (await ask('hello/channel-map')).headers['etag'] ?? '';
    expect((await post('hello/close', { channels: ['lost/stable'] }, { 'if-match': now })).status).toBe(200);
    expect((await release(1, '*')).status).toBe(200);
    expect((await post('hello/close', { channels: ['lost/stable'] })).status).toBe(200);
  });
});

describe('a release', () => {
  it('moves channels of all architectures of the revision, and says what was there', async () => {
    const reply = await post('hello/releases', { revision: 2, channels: ['stable', 'candidate'] });
    expect([reply.status, reply.json['dry-run']]).toEqual([200, false]);
    expect(shown(reply, 'revision', 'previous-revision', 'changed')).toEqual([
      ['latest/stable amd64', 2, 3, true],
      ['latest/candidate amd64', 2, null, true],
    ]);
    expect(reply.headers['etag']).toBe((await ask('hello/channel-map')).headers['etag']);
    const again = await post('hello/releases', { revision: 2, channels: ['stable'] });
    expect(shown(again, 'revision', 'previous-revision', 'changed')).toEqual([
      ['latest/stable amd64', 2, 2, false],
    ]);
  });

  it('can be for a percentage of the devices, which only grows, and be completed', async () => {
    const body = (percentage: number) => ({ revision: 3, channels: ['stable'], percentage });
    const begun = await post('hello/releases', body(10));
    expect(shown(begun, 'revision', 'previous-revision', 'percentage')).toEqual([
      ['latest/stable amd64', 3, 2, 10],
    ]);
    const map = await ask('hello/channel-map');
    expect(shown(map, 'revision', 'percentage', 'other-revision')[0]).toEqual([
      'latest/stable amd64',
      3,
      10,
      2,
    ]);
    const wider = await post('hello/releases', body(20));
    expect(shown(wider, 'percentage', 'progressive')).toEqual([
      ['latest/stable amd64', 20, { revision: 3, percentage: 10 }],
    ]);
    const less = await post('hello/releases', body(19));
    expect([less.status, less.json['detail']]).toEqual([
      409,
      expect.stringContaining('already released to 20%'),
    ]);
    const whole = await post('hello/releases', body(100));
    expect(shown(whole, 'revision', 'percentage', 'progressive')).toEqual([
      ['latest/stable amd64', 3, null, { revision: 3, percentage: 20 }],
    ]);
  });

  it('of a branch can expire', async () => {
    const body = { revision: 1, channels: ['stable/fix'], 'expires-at': '2999-12-31' };
    expect(shown(await post('hello/releases', body), 'expires-at')).toEqual([
      ['latest/stable/fix amd64', '2999-12-31T00:00:00.000Z'],
    ]);
    const never = await post('hello/releases', { ...body, 'expires-at': 'never' });
    expect(shown(never, 'expires-at', 'previous-expires-at')).toEqual([
      ['latest/stable/fix amd64', null, '2999-12-31T00:00:00.000Z'],
    ]);
    const wrong: [object, string][] = [
      [{ ...body, 'expires-at': '2000-01-01' }, 'it is past'],
      [{ ...body, channels: ['stable'] }, 'only branches'],
      [{ ...body, 'expires-at': 'soon' }, 'cannot use expiry "soon"'],
    ];
    for (const [given, why] of wrong) {
      const { status, json } = await post('hello/releases', given);
      expect([status, json['detail']]).toEqual([400, expect.stringContaining(why)]);
    }
    expect((await post('hello/releases', { ...body, 'expires-at': 'soon' })).json['errors']).toMatchObject([
      { field: 'expires-at' },
    ]);
  });

  it('happens once for one Idempotency-Key', async () => {
    const headers = { 'idempotency-key': 'release-once' };
    const body = { revision: 1, channels: ['once/stable'], 'new-track': true };
    const first = await post('hello/releases', body, headers);
    const second = await post('hello/releases', body, headers);
    expect([second.status, second.headers['idempotency-replayed'], second.json]).toEqual([
      200,
      'true',
      first.json,
    ]);
    expect(shown(second, 'changed')).toEqual([['once/stable amd64', true]]);
  });
});

it('a dry run says what would happen, and changes nothing', async () => {
  // A visit of a token is noted.
  const state = async () => ({ ...(await world.store.state()), api_token: undefined });
  const before = await state();
  const dry = { 'dry-run': true };
  const released = await post('hello/releases', { ...dry, revision: 1, channels: ['stable'] });
  const closed = await post('hello/close', { ...dry, channels: ['stable'] });
  const rolled = await post('hello/rollback', { ...dry, channel: 'stable' });
  expect([released, closed, rolled].map((reply) => [reply.status, reply.json['dry-run']])).toEqual(
    [1, 2, 3].map(() => [200, true]),
  );
  expect(released.headers['etag']).toBeUndefined();
  expect([released, closed, rolled].map((reply) => shown(reply, 'revision')[0])).toEqual([
    ['latest/stable amd64', 1],
    ['latest/stable amd64', null],
    ['latest/stable amd64', 2],
  ]);
  const track = await ask('hello/default-track', {
    method: 'PUT',
    body: { ...dry, 'default-track': 'latest' },
  });
  expect([track.status, track.json['changed']]).toEqual([200, true]);
  const refused = await post('hello/releases', { ...dry, revision: 9, channels: ['stable'] });
  expect(refused.status).toBe(404);
  expect(await state()).toEqual(before);
});

it('close and rollback do what the commands do', async () => {
  const rolled = await post('hello/rollback', { channel: 'stable' });
  expect(shown(rolled, 'revision', 'previous-revision')).toEqual([['latest/stable amd64', 2, 3]]);
  const closed = await post('hello/close', { channels: ['beta'], architectures: ['arm64'] });
  expect(shown(closed, 'revision', 'previous-revision')).toEqual([['latest/beta arm64', null, 4]]);
  const missing = await post('hello/close', { channels: ['beta'], architectures: ['arm64'] });
  expect([missing.status, missing.json['code']]).toEqual([404, 'not-found']);
  const none = await post('hello/rollback', { channel: 'edge' });
  expect([none.status, none.json['detail']]).toEqual([404, expect.stringContaining('no earlier release')]);
});

it('the default track is set, removed and reset, and guarded by its ETag', async () => {
  const put = async (body: object, headers: Record<string, string> = {}) =>
    await ask('hello/default-track', { method: 'PUT', body, headers });
  const before = await ask('hello/default-track', { token: viewer });
  expect(before.json).toEqual({ name: 'hello', 'default-track': null, origin: 'import' });
  const ifMatch = { 'if-match': before.headers['etag'] ?? '' };
  const set = await put({ 'default-track': 'once' }, ifMatch);
  expect([set.status, set.json]).toEqual([
    200,
    { name: 'hello', 'dry-run': false, 'default-track': 'once', origin: 'operator', changed: true },
  ]);
  expect(set.headers['etag']).toBe((await ask('hello/default-track')).headers['etag']);
  expect((await put({ 'default-track': null }, ifMatch)).status).toBe(412);
  expect((await put({ 'default-track': null })).json).toMatchObject({
    'default-track': null,
    origin: 'operator',
  });
  expect((await put({ imported: true })).json).toMatchObject({ 'default-track': null, origin: 'import' });
  for (const body of [{}, { imported: true, 'default-track': 'once' }, { imported: false }])
    expect((await put(body)).status).toBe(400);
  expect((await put({ 'default-track': '9' })).status).toBe(404);
  expect((await put({ 'default-track': 'a/b' })).json['code']).toBe('invalid-channel');
});

it('history says who released what, in pages, for a channel or an architecture', async () => {
  const all = await ask('hello/history');
  const items = all.json['items'] as Record<string, unknown>[];
  expect(items[0]).toMatchObject({
    channel: 'latest/beta',
    architecture: 'arm64',
    revision: null,
    origin: 'operator',
    actor: { kind: 'token', name: 'releaser' },
  });
  expect(items.at(-1)).toMatchObject({ revision: 1, origin: 'import', source: 'hello_1.snap' });
  expect(all.json['next']).toBeNull();
  const paged: unknown[] = [];
  for (let after = ''; ;) {
    const page = await ask(`hello/history?limit=3${after}`);
    paged.push(...(page.json['items'] as unknown[]));
    if (page.json['next'] === null) break;
    after = `&after=${page.json['next'] as string}`;
  }
  expect(paged).toEqual(items);
  const fix = await ask('hello/history?channel=stable/fix');
  expect(fix.json['items']).toHaveLength(2);
  const arm = await ask('hello/history?architecture=armhf');
  expect(arm.json['items']).toMatchObject([{ channel: 'latest/beta', revision: 4 }]);
});

describe('is refused', () => {
  it.each([
    ['a viewer', () => viewer],
    ['a token for reading', () => admin.token('reading', 'operator', ['read'])],
    ['a token for groups', () => admin.token('grouping', 'operator', ['group'])],
  ])('%s, to change anything', async (_who, tokenOf) => {
    const token = await tokenOf();
    const bodies: [string, NonNullable<AdminRequest['method']>, object][] = [
      ['hello/releases', 'POST', { revision: 1, channels: ['stable'] }],
      ['hello/close', 'POST', { channels: ['stable'] }],
      ['hello/rollback', 'POST', { channel: 'stable' }],
      ['hello/default-track', 'PUT', { imported: true }],
    ];
    for (const [path, method, body] of bodies)
      expect((await ask(path, { token, method, body })).status).toBe(403);
  });

  const many = (count: number) => Array.from({ length: count }, (_, index) => `stable/b${index}`);
  const channelOf = (length: number) => `stable/${'b'.repeat(length - 'stable/'.length)}`;
  const architectures = (count: number) => Array.from({ length: count }, (_, index) => `arch${index}`);

  it.each<[string, object, number, object, number]>([
    ['revisions', { revision: 1 }, 200, { revision: 0 }, 400],
    ['revisions', { revision: MAX_INTEGER }, 404, { revision: MAX_INTEGER + 1 }, 400],
    ['channels', { channels: many(1) }, 200, { channels: [] }, 400],
    [
      'channels',
      { channels: many(MAX_CHANGED_CHANNELS) },
      200,
      { channels: many(MAX_CHANGED_CHANNELS + 1) },
      400,
    ],
    [
      'the length of a channel',
      { channels: [channelOf(MAX_CHANNEL_LENGTH)] },
      200,
      { channels: [channelOf(MAX_CHANNEL_LENGTH + 1)] },
      400,
    ],
    // Those architectures are not the revision's.
    [
      'architectures',
      { architectures: architectures(MAX_CHANGED_ARCHITECTURES) },
      400,
      { architectures: architectures(MAX_CHANGED_ARCHITECTURES + 1) },
      400,
    ],
    ['percentages', { percentage: 100 }, 200, { percentage: 101 }, 400],
    ['percentages', { percentage: 1 }, 409, { percentage: 0 }, 400],
  ])('what is beyond the limits of %s', async (_what, within, status, beyond, refused) => {
    const body = { revision: 1, channels: ['stable/limits'], 'dry-run': true };
    const inside = await post('hello/releases', { ...body, ...within });
    const outside = await post('hello/releases', { ...body, ...beyond });
    expect([inside.status, outside.status]).toEqual([status, refused]);
    expect(outside.json['errors']).toMatchObject([{ field: Object.keys(beyond)[0] }]);
    if (status === 400) expect(inside.json['detail']).toContain('revision 1 is for amd64');
  });

  it('a page that is too long, and a cursor of another list', async () => {
    expect((await ask(`hello/history?limit=${MAX_PAGE_ROWS}`)).status).toBe(200);
    for (const query of [`limit=${MAX_PAGE_ROWS + 1}`, 'limit=0', 'limit=x', 'after=x', 'after=WyIxIiwiMiJd'])
      expect((await ask(`hello/history?${query}`)).status).toBe(400);
  });

  it('an unknown member, and a body that is no object', async () => {
    const release = { revision: 1, channels: ['stable'] };
    expect((await post('hello/releases', { ...release, force: true })).json['errors']).toMatchObject([
      { field: 'force' },
    ]);
    for (const body of ['[]', '"x"', 'null', '{', '[{"revision":1}]'])
      expect((await ask('hello/releases', { method: 'POST', body })).status).toBeOneOf([400, 415]);
  });

  it.each(HOSTILE_TEXTS)('%s, wherever a name is expected', async (_what, text) => {
    const inPath = encodeURIComponent(text);
    const replies = [
      await ask(`${inPath}/channel-map`),
      await ask(`${inPath}/history`),
      await ask(`${inPath}/default-track`),
      await post(`${inPath}/releases`, { revision: 1, channels: ['stable'] }),
      await post(`${inPath}/close`, { channels: ['stable'] }),
      await post(`${inPath}/rollback`, { channel: 'stable' }),
      await post('hello/releases', { revision: 1, channels: [text] }),
      await post('hello/releases', { revision: 1, channels: ['stable'], architectures: [text] }),
      await post('hello/releases', { revision: 1, channels: ['stable/x'], 'expires-at': text }),
      await post('hello/close', { channels: [text] }),
      await post('hello/rollback', { channel: text }),
      await ask('hello/default-track', { method: 'PUT', body: { 'default-track': text } }),
      await ask(`hello/history?channel=${inPath}`),
      await ask(`hello/history?architecture=${inPath}`),
      await ask(`hello/history?after=${inPath}`),
      await ask(`hello/history?after=${Buffer.from(JSON.stringify([text])).toString('base64url')}`),
    ];
    for (const { status, json } of replies) {
      expect(status).toBeOneOf([400, 404, 414]);
      expect(json['detail']).toMatch(/^[^\p{Cc}]+$/u);
      expect(String(json['detail']).length).toBeLessThan(1_000);
    }
  });

  it('an unknown snap', async () => {
    for (const path of ['nothing/channel-map', 'nothing/history', 'nothing/default-track'])
      expect((await ask(path)).status).toBe(404);
    expect((await post('nothing/releases', { revision: 1, channels: ['stable'] })).json['detail']).toBe(
      'cannot release nothing: the store holds no snap of that name',
    );
  });
});
