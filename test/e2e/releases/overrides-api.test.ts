import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { SnapsRepository } from '../../../src/catalogue/snaps.repository.js';
import { parseChannel } from '../../../src/channels/channel.js';
import { hashPassword } from '../../../src/common/crypto/password.js';
import { GroupsService } from '../../../src/groups/groups.service.js';
import { GATEWAY_HASH } from '../../../src/management/gateway-hash.settings.js';
import { MAX_OVERRIDES } from '../../../src/releases/overrides/override-requests.js';
import { OverridesService } from '../../../src/releases/overrides/overrides.service.js';
import { SettingsService } from '../../../src/settings/settings.service.js';
import { poll } from '../../support/poll.js';
import { install, outcome } from '../device-api/refresh-actions.js';
import { at, HOST, World } from '../device-api/world.js';

const PASSWORD = 'pässword: with a colon';
const PATH = '/v2/metadata/overrides';

let world: World;
let snapId: string;

beforeAll(async () => {
  world = await World.start();
  for (const revision of [1, 2]) snapId = (await world.push({ name: 'hello', revision })).snapId;
});
afterAll(() => world.stop());

/** Most of these tests send requests from another machine, without TLS. */
beforeEach(() => allowPlainHttp('true'));

async function allowPlainHttp(text: 'true' | 'false'): Promise<void> {
  await world.store.app.get(SettingsService).set([['proxy.management.allow-plain-http', text]]);
}

function basic(password: string, user = 'admin'): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

interface Asked {
  readonly authorization?: string | undefined;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly name?: string;
  /** Wrong passwords cause a delay for their address. */
  readonly from?: string;
}

let addresses = 0;

/** An address without earlier requests. */
const stranger = () => `192.0.2.${(addresses += 1)}`;

async function ask({
  authorization = basic(PASSWORD),
  body,
  headers = {},
  name = 'hello',
  from = '198.51.100.1',
}: Asked = {}) {
  return await world.store.app.inject({
    remoteAddress: from,
    method: body === undefined ? 'GET' : 'POST',
    url: body === undefined ? `${PATH}/${name}` : PATH,
    headers: {
      host: HOST,
      'x-ubuntu-series': '16',
      ...(authorization !== '' && { authorization }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
}

const entry = (members: object = {}) => ({
  snap_name: 'hello',
  revision: 1,
  channel: 'stable',
  series: '16',
  ...members,
});

it('locks snaps in the order of their ids, as imports do, so that there is no deadlock', async () => {
  // Ids of snaps have no hyphens.
  const [first, second] = [
    await world.push({ name: 'z-z', revision: 1 }),
    await world.push({ name: 'zb', revision: 1 }),
  ];
  const lockSnap = vi.spyOn(world.store.app.get(SnapsRepository), 'lock');
  await world.store.app
    .get(OverridesService)
    .apply(
      ['z-z', 'zb'].map((name) => ({ name, channel: parseChannel('stable'), revision: 1, until: undefined })),
    );
  expect(lockSnap.mock.calls.map(([, id]) => id)).toEqual([second.snapId, first.snapId]);
  lockSnap.mockRestore();
});

describe('the management password', () => {
  it('is required; if it is not set, nobody is authenticated', async () => {
    for (const authorization of [basic(''), basic(PASSWORD)]) {
      const reply = await ask({ authorization, body: [entry()] });
      expect(reply.statusCode).toBe(401);
      expect(reply.body).toContain('no management password is set');
    }
    await world.store.app.get(SettingsService).record([[GATEWAY_HASH, await hashPassword(PASSWORD)]]);
    expect((await ask({ body: [entry()] })).statusCode).toBe(200);
  });

  it.each([
    '',
    basic('wrong'),
    basic(`${PASSWORD} `),
    basic(''),
    'Basic',
    'Basic !!!',
    `Basic ${Buffer.from(PASSWORD.replace(':', '')).toString('base64')}`,
    `Bearer ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}`,
    'Macaroon root="x", discharge="y"',
  ])('%j is rejected', async (authorization) => {
    const before = await world.store.state();
    for (const body of [undefined, [entry({ revision: 2 })]]) {
      const reply = await ask({ authorization, body, from: stranger() });
      expect([reply.statusCode, at(reply.json(), 'error-list', '0', 'code')]).toEqual([401, 'unauthorized']);
      expect(reply.headers['www-authenticate']).toBe('Basic realm="store management", charset="UTF-8"');
    }
    expect(await world.store.state()).toEqual(before);
  });

  it('stops working after another one is set', async () => {
    const settings = world.store.app.get(SettingsService);
    await settings.record([[GATEWAY_HASH, await hashPassword('another one')]]);
    expect((await ask()).statusCode).toBe(401);
    await settings.record([[GATEWAY_HASH, await hashPassword(PASSWORD)]]);
    expect((await ask()).statusCode).toBe(200);
  });
});

describe('overrides', () => {
  const view = (members: object = {}) => ({
    snap_id: snapId,
    snap_name: 'hello',
    revision: 1,
    upstream_revision: 2,
    channel: 'stable',
    architecture: 'amd64',
    series: '16',
    ...members,
  });

  const given = async (wanted: unknown) =>
    await poll(
      () => outcome(world, install('hello')),
      (found) => JSON.stringify(found) === JSON.stringify(wanted),
    );

  it('are logged with the address of the request', async () => {
    const warned = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    expect((await ask({ body: [entry()], from: '198.51.100.7' })).statusCode).toBe(200);
    expect((await ask({ body: [entry({ snap_name: 'absent' })] })).statusCode).toBe(404);
    expect(warned.mock.calls).toEqual([
      ['overrides of hello changed with the management password from 198.51.100.7'],
    ]);
    warned.mockRestore();
  });

  it('are set, listed and deleted in the documented form', async () => {
    const set = await ask({ body: [entry(), entry({ channel: '1.22/edge', expires_at: '2999-01-01' })] });
    const second = view({
      channel: '1.22/edge',
      upstream_revision: null,
      expires_at: '2999-01-01T00:00:00.000Z',
    });
    expect([set.statusCode, set.headers['content-type'], set.json()]).toEqual([
      200,
      'application/json',
      { overrides: [view(), second] },
    ]);
    expect(await given([1, 'stable'])).toEqual([1, 'stable']);
    expect((await ask()).json()).toEqual({ overrides: [second, view()] });
    const deleted = await ask({
      body: [entry({ revision: null }), entry({ channel: '1.22/edge', revision: null })],
    });
    expect(deleted.json()).toEqual({
      overrides: [
        view({ revision: null }),
        view({ channel: '1.22/edge', upstream_revision: null, revision: null }),
      ],
    });
    expect(await given([2, 'stable'])).toEqual([2, 'stable']);
    expect((await ask()).json()).toEqual({ overrides: [] });
  });

  it('accepts the most overrides of one request, and refuses one more', async () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, index) => entry({ channel: `t${index}/stable` }));
    expect((await ask({ body: many(MAX_OVERRIDES + 1) })).statusCode).toBe(400);
    expect((await ask()).json()).toEqual({ overrides: [] });
    expect((await ask({ body: many(MAX_OVERRIDES) })).statusCode).toBe(200);
    const gone = many(MAX_OVERRIDES).map((one) => ({ ...one, revision: null }));
    expect((await ask({ body: gone })).statusCode).toBe(200);
  });

  it.each([
    [[], 400, 'not a non-empty list'],
    [{}, 400, 'not a non-empty list'],
    ['{', 400, ''],
    [[null], 400, 'entry 1 is not an object'],
    [[entry(), entry({ channel: 'edge', snap_name: '' })], 400, 'entry 2 has no snap_name'],
    [[entry({ channel: 1 })], 400, 'entry 1 has no channel'],
    [[entry({ channel: 'a/b' })], 400, 'cannot use channel'],
    [[entry({ series: 16 })], 400, 'the series of entry 1'],
    [[entry({ series: undefined })], 400, 'the series of entry 1'],
    [[entry({ revision: 0 })], 400, 'the revision of entry 1'],
    [[entry({ revision: '1' })], 400, 'the revision of entry 1'],
    [[entry({ revision: undefined })], 400, 'the revision of entry 1'],
    [[entry({ revision: 2 ** 31 })], 400, 'the revision of entry 1'],
    [[entry({ revision: 2 ** 31 - 1 })], 404, 'does not hold revision 2147483647'],
    [[entry({ expires_at: '2020-01-01' })], 400, 'is past'],
    [[entry({ revision: null, expires_at: '2999-01-01' })], 400, 'the expires_at of entry 1'],
    [[entry({ snap_name: 'nothing' })], 404, 'holds no snap of that name'],
    [[entry(), entry({ channel: 'edge', revision: 9 })], 404, 'does not hold revision 9'],
    [[entry(), entry()], 400, 'given twice'],
    [[entry({ group: 7 })], 400, 'the group of entry 1 is not a string'],
    [[entry({ group: 'A' })], 400, 'cannot use group "A"'],
    [[entry({ group: 'none' })], 404, 'group none does not exist'],
    [[entry({ channel: 'stabel' })], 400, 'never had a track stabel (it has latest'],
    [[entry({ channel: 'Stable' })], 400, 'did you mean stable?'],
    [[entry({ channel: 'lastest/edge' })], 400, 'did you mean latest?'],
    [[entry({ channel: 'stabel', new_track: false })], 400, 'did you mean stable?'],
    [[entry({ channel: 'stabel', new_track: 'yes' })], 400, 'the new_track of entry 1'],
  ])('refuses %j', async (body, status, message) => {
    const before = await world.store.state();
    const reply = await ask({ body });
    expect(reply.statusCode).toBe(status);
    expect(at(reply.json(), 'error-list', '0', 'message')).toContain(message);
    expect(await world.store.state()).toEqual(before);
  });

  it('accepts and shows the group of devices of an override', async () => {
    await world.store.app.get(GroupsService).create('canary');
    const set = await ask({ body: [entry({ group: 'canary' }), entry()] });
    const groups = (reply: { json(): unknown }) =>
      (at(reply.json(), 'overrides') as object[]).map((one) => at(one, 'group'));
    expect(groups(set)).toEqual(['canary', undefined]);
    expect(groups(await ask())).toEqual([undefined, 'canary']);
    await ask({ body: [entry({ group: 'canary', revision: null }), entry({ revision: null })] });
    expect(groups(await ask())).toEqual([]);
  });

  it('refuses another series, another media type and an unknown snap', async () => {
    expect((await ask({ headers: { 'x-ubuntu-series': '18' } })).statusCode).toBe(400);
    const plain = await ask({ body: [entry()], headers: { 'content-type': 'text/plain' } });
    expect([plain.statusCode, plain.body]).toEqual([
      400,
      expect.stringContaining('send Content-Type: application/json') as string,
    ]);
    expect((await ask({ name: 'nothing' })).statusCode).toBe(404);
    expect((await ask()).json()).toEqual({ overrides: [] });
  });
});

describe('over plain HTTP', () => {
  const FORBIDDEN = {
    statusCode: 403,
    body: expect.stringContaining('cannot take the management password over plain HTTP: use HTTPS') as string,
  };
  const trust = async (text: 'true' | 'false') =>
    await world.store.app.get(SettingsService).set([['proxy.trust-forwarded-proto', text]]);

  beforeAll(async () => {
    await world.store.app.get(SettingsService).record([[GATEWAY_HASH, await hashPassword(PASSWORD)]]);
  });
  beforeEach(() => allowPlainHttp('false'));
  it.each(['198.51.100.1', '::ffff:198.51.100.1', '2001:db8::1', '128.0.0.1'])(
    'refuses a right and a missing password from %s, and does not ask for one',
    async (from) => {
      for (const authorization of [basic(PASSWORD), '']) {
        const refused = await ask({ from, authorization });
        expect(refused).toMatchObject(FORBIDDEN);
        expect(refused.headers['www-authenticate']).toBeUndefined();
      }
      expect(await ask({ from, body: [entry()] })).toMatchObject(FORBIDDEN);
    },
  );

  it.each(['127.0.0.1', '127.255.0.9', '::1', '::ffff:127.0.0.1'])(
    'accepts a password from %s',
    async (from) => expect((await ask({ from })).statusCode).toBe(200),
  );

  it.each(['x-forwarded-proto', 'x-forwarded-for', 'forwarded', 'via'])(
    'refuses a password from this machine if %s shows that the request was forwarded',
    async (header) =>
      expect(await ask({ from: '127.0.0.1', headers: { [header]: 'https' } })).toMatchObject(FORBIDDEN),
  );

  it('a trusted proxy states whether the request came over TLS', async () => {
    await trust('true');
    const overTls = { headers: { 'x-forwarded-proto': 'https' } };
    await poll(
      () => ask(overTls),
      ({ statusCode }) => statusCode === 200,
    );
    for (const from of ['127.0.0.1', '198.51.100.1']) {
      expect((await ask({ from, headers: { 'x-forwarded-proto': 'https' } })).statusCode).toBe(200);
      expect(await ask({ from, headers: { 'x-forwarded-proto': 'http' } })).toMatchObject(FORBIDDEN);
    }
    await trust('false');
  });

  it('a password is accepted if the operator allows plain HTTP', async () => {
    await allowPlainHttp('true');
    expect((await ask()).statusCode).toBe(200);
  });

  it('the transport is checked before the password, so that a wrong password is not counted', async () => {
    for (let attempt = 0; attempt < 20; attempt += 1)
      expect(await ask({ authorization: basic('wrong') })).toMatchObject(FORBIDDEN);
    expect((await ask({ from: '127.0.0.1' })).statusCode).toBe(200);
  });
});
