import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  MAX_IDEMPOTENCY_KEY_LENGTH,
  MAX_IDEMPOTENCY_KEYS,
  MAX_PAGE_ROWS,
  PASSWORD_GUESSES,
} from '../../../src/common/limits.js';
import { makeTotpSecret, totpCode, totpStep } from '../../../src/management/totp.js';
import { SettingsService } from '../../../src/settings/settings.service.js';
import { poll } from '../../support/poll.js';
import { AdminWorld, basic, stranger, type AdminReply, type AdminRequest } from './admin-world.js';

const PASSWORD = 'management password';

let world: AdminWorld;
let admin: string;

beforeAll(async () => {
  vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  world = await AdminWorld.start();
  await world.operators.change('admin', { password: PASSWORD });
  admin = await world.token('root', 'admin');
});
afterAll(async () => {
  await world.stop();
  vi.restoreAllMocks();
});

async function ask(request: AdminRequest): Promise<AdminReply> {
  return await world.ask({ token: admin, ...request, path: `/admin/v1/${request.path}` });
}

describe('a session', () => {
  async function signIn(
    body: object = { name: 'admin', password: PASSWORD },
    more: Partial<AdminRequest> = {},
  ): Promise<AdminReply> {
    return await ask({ method: 'POST', path: 'session', token: undefined, body, ...more });
  }

  const cookieOf = ({ headers }: AdminReply) =>
    /^store-session=[^;]*/.exec(headers['set-cookie'] ?? '')?.[0] ?? '';

  it('is opened by name and password, and its cookie is for this site alone', async () => {
    const reply = await signIn();
    expect([reply.status, reply.json]).toEqual([
      201,
      {
        kind: 'operator',
        name: 'admin',
        operator: 'admin',
        role: 'admin',
        scopes: [],
        'csrf-token': expect.stringMatching(/^[\w-]{43}$/) as string,
      },
    ]);
    expect(reply.headers['set-cookie']).toMatch(
      /^store-session=[\w-]{43}; Path=\/admin; Max-Age=43200; HttpOnly; SameSite=Strict$/,
    );
    const who = await ask({ path: 'session', token: undefined, headers: { cookie: cookieOf(reply) } });
    expect([who.status, who.json]).toEqual([200, reply.json]);
  });

  it('has a cookie for TLS alone where it was opened over TLS', async () => {
    const settings = world.store.app.get(SettingsService);
    await settings.set([['proxy.trusted-proxies', '127.0.0.0/8']]);
    const headers = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '192.0.2.77' };
    const opened = await poll(
      async () => await signIn(undefined, { headers, from: '127.0.0.1' }),
      ({ status }) => status === 201,
    );
    expect(opened.headers['set-cookie']).toMatch(/; Secure$/);
    await settings.set([['proxy.trusted-proxies', '']]);
  });

  it('changes nothing without its CSRF token', async () => {
    const opened = await signIn();
    const cookie = cookieOf(opened);
    const body = { name: 'csrf', role: 'viewer' };
    const post = async (headers: Record<string, string>) =>
      await ask({
        method: 'POST',
        path: 'operators',
        token: undefined,
        body,
        headers: { cookie, ...headers },
      });
    for (const headers of [{}, { 'x-csrf-token': '' }, { 'x-csrf-token': 'x' }])
      expect((await post(headers)).status).toBe(403);
    const other = await signIn();
    expect((await post({ 'x-csrf-token': String(other.json['csrf-token']) })).status).toBe(403);
    expect((await post({ 'x-csrf-token': String(opened.json['csrf-token']) })).status).toBe(201);
    // Two cookies of that name: one may be planted.
    expect(
      (await ask({ path: 'session', token: undefined, headers: { cookie: `${cookie}; store-session=x` } }))
        .status,
    ).toBe(401);
  });

  it('is worth nothing after it was ended, by whoever has the cookie', async () => {
    const opened = await signIn();
    const headers = { cookie: cookieOf(opened), 'x-csrf-token': String(opened.json['csrf-token']) };
    const listed = await ask({ path: 'sessions', token: undefined, headers });
    const own = (listed.json['items'] as { current: boolean; id: number }[]).filter(({ current }) => current);
    expect(own).toHaveLength(1);
    const out = await ask({ method: 'DELETE', path: 'session', token: undefined, headers });
    expect([out.status, out.headers['set-cookie']]).toEqual([204, expect.stringContaining('Max-Age=0')]);
    expect((await ask({ path: 'session', token: undefined, headers })).status).toBe(401);
    expect((await ask({ method: 'DELETE', path: `sessions/${own[0]?.id}` })).status).toBe(404);
  });

  it('is not opened by a form of another site, which cannot send JSON', async () => {
    const headers = { 'content-type': 'text/plain' };
    expect((await signIn(undefined, { headers })).status).toBe(415);
  });

  it('needs a one-time code where there is a second factor; HTTP Basic cannot have one', async () => {
    const secret = makeTotpSecret();
    await world.operators.add({ name: 'totp', role: 'viewer', password: 'password of totp' });
    await world.operators.change('totp', { totpSecret: secret });
    const given = { name: 'totp', password: 'password of totp' };
    const without = await signIn(given);
    expect([without.status, without.json['errors']]).toMatchObject([401, [{ field: 'code' }]]);
    expect(
      (await ask({ path: 'session', token: undefined, headers: basic('totp', given.password) })).json[
        'detail'
      ],
    ).toContain('one-time code');
    expect((await signIn({ ...given, code: totpCode(secret, totpStep(Date.now())) })).status).toBe(201);
  });

  it('is not to be guessed: wrong passwords are answered 429 after a while, from that address alone', async () => {
    const from = stranger();
    const statuses: number[] = [];
    for (let wrong = 0; wrong < PASSWORD_GUESSES.free + 3; wrong += 1)
      statuses.push((await signIn({ name: 'nobody', password: `guess ${wrong}` }, { from })).status);
    expect(statuses).toEqual([...Array.from({ length: PASSWORD_GUESSES.free + 1 }, () => 401), 429, 429]);
    const paused = await signIn(undefined, { from });
    expect([paused.status, Number(paused.headers['retry-after']) > 0]).toEqual([429, true]);
    expect((await signIn()).status).toBe(201);
  });

  it('is shown and ended for an admin, and else for its operator alone', async () => {
    await world.operators.add({ name: 'lee', role: 'viewer', password: 'password of lee' });
    const lee = await signIn({ name: 'lee', password: 'password of lee' });
    const headers = { cookie: cookieOf(lee), 'x-csrf-token': String(lee.json['csrf-token']) };
    const seen = (await ask({ path: 'sessions', token: undefined, headers })).json['items'] as {
      operator: string;
    }[];
    expect(new Set(seen.map(({ operator }) => operator))).toEqual(new Set(['lee']));
    const all = (await ask({ path: 'sessions' })).json['items'] as { operator: string; id: number }[];
    const foreign = all.find(({ operator }) => operator === 'admin');
    const end = async (id: number | undefined, more: Partial<AdminRequest>) =>
      (await ask({ method: 'DELETE', path: `sessions/${id}`, ...more })).status;
    expect(await end(foreign?.id, { token: undefined, headers })).toBe(404);
    expect(await end(foreign?.id, {})).toBe(204);
    expect(await end(Number.MAX_SAFE_INTEGER, {})).toBe(404);
  });
});

describe('problems', () => {
  it('have a code, the member that is wrong, and the id of the request', async () => {
    const reply = await ask({
      method: 'POST',
      path: 'operators',
      body: { name: 'x', role: 'root', colour: 'red' },
      headers: { 'x-request-id': 'my.request-1' },
    });
    expect(reply.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'x-request-id': 'my.request-1',
      'cache-control': 'no-store',
    });
    expect([reply.status, reply.json]).toMatchObject([
      400,
      {
        type: 'about:blank',
        title: 'Bad Request',
        status: 400,
        code: 'invalid-request',
        'request-id': 'my.request-1',
      },
    ]);
    expect((reply.json['errors'] as { field: string }[]).map(({ field }) => field).toSorted()).toEqual([
      'colour',
      'role',
    ]);
  });

  it('do not repeat an id that could be anything else', async () => {
    const { headers } = await ask({ path: 'nothing', headers: { 'x-request-id': 'a b' } });
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each([
    ['GET', 'nothing', undefined, 404],
    ['GET', 'operators/UPPER', undefined, 400],
    ['GET', 'operators/%3Cscript%3E', undefined, 400],
    ['GET', 'operators/..%2F..%2Fetc', undefined, 400],
    ['GET', 'tokens/nobody', undefined, 404],
    ['GET', 'settings/a%00b', undefined, 404],
    ['DELETE', 'sessions/x', undefined, 400],
    ['DELETE', `sessions/${Number.MAX_SAFE_INTEGER}`, undefined, 404],
    ['DELETE', 'sessions/99999999999999999999', undefined, 404],
    ['POST', 'operators', '{"name": "a", ', 400],
    ['POST', 'operators', '[]', 400],
    ['POST', 'operators', '"x"', 400],
    ['POST', 'operators', '{"__proto__": {"name": "x"}}', 400],
    ['POST', 'operators', JSON.stringify({ name: `a'; drop table operator; --`, role: 'viewer' }), 400],
    ['POST', 'operators', JSON.stringify({ name: 'a'.repeat(255), role: 'viewer' }), 400],
    ['GET', `operators?limit=0`, undefined, 400],
    ['GET', `operators?limit=${MAX_PAGE_ROWS + 1}`, undefined, 400],
    ['GET', `operators?limit=1&limit=2`, undefined, 400],
    ['GET', `operators?after=x`, undefined, 400],
    ['GET', `operators?colour=red`, undefined, 400],
    ['PATCH', 'settings', JSON.stringify({ values: { 'proxy.domain': 1 } }), 400],
    ['PATCH', 'settings', JSON.stringify({ values: { 'proxy.dashboard.location': 'https://x/\0' } }), 400],
  ] as const)('%s %s %s is %d in one form', async (method, path, body, status) => {
    const reply = await ask({ method, path, body });
    expect([reply.status, reply.headers['content-type'], reply.json['status']]).toEqual([
      status,
      'application/problem+json',
      status,
    ]);
    expect(reply.headers['x-content-type-options']).toBe('nosniff');
    expect(reply.text).not.toMatch(/node_modules|\bat \//);
  });
});

describe('lists', () => {
  it(`come in pages, up to ${MAX_PAGE_ROWS} rows`, async () => {
    for (const name of ['p1', 'p2', 'p3']) await world.token(name, 'viewer');
    const names: string[] = [];
    let after = '';
    for (let pages = 0; pages < 20; pages += 1) {
      const { json } = await ask({ path: `tokens?limit=2${after}` });
      const items = json['items'] as { name: string }[];
      expect(items.length).toBeLessThanOrEqual(2);
      names.push(...items.map(({ name }) => name));
      if (json['next'] === null) break;
      after = `&after=${json['next'] as string}`;
    }
    const all = (
      (await ask({ path: `tokens?limit=${MAX_PAGE_ROWS}` })).json['items'] as { name: string }[]
    ).map(({ name }) => name);
    expect(names).toEqual(all);
    expect(all).toEqual(expect.arrayContaining(['p1', 'p2', 'p3', 'root']));
  });
});

describe('a change', () => {
  it('with If-Match is refused where something else was changed meanwhile', async () => {
    await ask({ method: 'POST', path: 'operators', body: { name: 'etag', role: 'viewer' } });
    const { etag = '' } = (await ask({ path: 'operators/etag' })).headers;
    const patch = async (role: string, tag: string) =>
      await ask({ method: 'PATCH', path: 'operators/etag', body: { role }, headers: { 'if-match': tag } });
    const first = await patch('operator', etag);
    expect([first.status, first.json['role']]).toEqual([200, 'operator']);
    expect((await patch('admin', etag)).json['code']).toBe('precondition-failed');
    expect(
      (await ask({ method: 'DELETE', path: 'operators/etag', headers: { 'if-match': etag } })).status,
    ).toBe(412);
    expect((await patch('admin', first.headers['etag'] ?? '')).status).toBe(200);
    expect(
      (await ask({ method: 'DELETE', path: 'operators/etag', headers: { 'if-match': '*' } })).status,
    ).toBe(204);
  });

  it('with an Idempotency-Key happens once, and is answered the same', async () => {
    const post = async (name: string, key = 'key-1', token = admin) =>
      await ask({
        method: 'POST',
        path: 'operators',
        body: { name, role: 'viewer' },
        headers: { 'idempotency-key': key },
        token,
      });
    const first = await post('once');
    const again = await post('once');
    expect([again.status, again.json, again.headers['idempotency-replayed']]).toEqual([
      201,
      first.json,
      'true',
    ]);
    expect((await post('twice')).json['detail']).toContain('was used for another request');
    // What was refused may come again.
    expect((await post('once', 'key-2')).status).toBe(409);
    await world.operators.remove('once');
    expect((await post('once', 'key-2')).status).toBe(201);
    // Another one's keys are others.
    expect((await post('another', 'key-1', await world.token('other-admin', 'admin'))).status).toBe(201);
    for (const [length, status] of [
      [MAX_IDEMPOTENCY_KEY_LENGTH, 409],
      [MAX_IDEMPOTENCY_KEY_LENGTH + 1, 400],
    ] as const)
      expect((await post('once', 'k'.repeat(length))).status).toBe(status);
  });

  it('with a key says so where it was cut off, and keeps no answer with a secret', async () => {
    const post = async (key: string) =>
      await ask({
        method: 'POST',
        path: 'tokens',
        body: { name: `t-${key}`, role: 'viewer' },
        headers: { 'idempotency-key': key },
      });
    const made = await post('secret');
    expect(made.json['token']).toMatch(/^ssp_/);
    expect((await post('secret')).json['detail']).toContain('its answer, which had a secret');
    expect(await world.query(`select 1 from idempotency_key where answer like '%ssp_%'`)).toEqual([]);
    await world.query(`update idempotency_key set is_done = false where key = 'secret'`);
    expect((await post('secret')).json['detail']).toContain('it is not over, or was cut off');
  });

  it(`remembers up to ${MAX_IDEMPOTENCY_KEYS} keys of each, for a day`, async () => {
    const token = await world.token('many-keys', 'admin');
    const post = async (key: string) =>
      (
        await ask({
          method: 'POST',
          path: 'operators',
          token,
          body: { name: `m${key}`, role: 'viewer' },
          headers: { 'idempotency-key': key },
        })
      ).status;
    await world.query(`insert into idempotency_key (principal, key, request_hash)
      select 'token many-keys', 'k' || n, '' from generate_series(1, ${MAX_IDEMPOTENCY_KEYS} - 1) n`);
    expect([await post('1'), await post('2')]).toEqual([201, 429]);
    await world.query(`update idempotency_key set created_at = now() - interval '25 h' where key = 'k1'`);
    expect(await post('3')).toBe(201);
  });
});

describe('tokens', () => {
  it('are made for yourself, and may do no more and last no longer than what they are made with', async () => {
    await world.operators.add({ name: 'maker', role: 'operator', password: 'password of maker' });
    const headers = basic('maker', 'password of maker');
    const post = async (body: object, more: Partial<AdminRequest> = { token: undefined, headers }) =>
      await ask({ method: 'POST', path: 'tokens', body, ...more });
    const made = await post({
      name: 'm1',
      role: 'operator',
      scopes: ['operator', 'read'],
      'expires-at': '2100-01-01',
    });
    expect([made.status, made.json]).toMatchObject([
      201,
      { operator: 'maker', role: 'operator', scopes: ['operator', 'read'] },
    ]);
    expect((await post({ name: 'm2', role: 'admin' })).json).toMatchObject({
      code: 'forbidden',
      errors: [{ field: 'role' }],
    });
    expect((await post({ name: 'm2', role: 'viewer', operator: 'admin' })).status).toBe(403);
    expect(
      (await post({ name: 'm2', role: 'viewer', 'expires-at': '2020-01-01' })).json['errors'],
    ).toMatchObject([{ field: 'expires-at' }]);
    const by = { token: String(made.json['token']) };
    const bounded = { name: 'm3', role: 'viewer', scopes: ['read'], 'expires-at': '2099-01-01' };
    expect((await post({ ...bounded, scopes: ['read', 'release'] }, by)).status).toBe(403);
    expect((await post({ ...bounded, scopes: [] }, by)).status).toBe(403);
    expect((await post({ name: 'm3', role: 'viewer', scopes: ['read'] }, by)).status).toBe(403);
    expect((await post(bounded, by)).status).toBe(201);
    const seen = (await ask({ path: 'tokens', token: undefined, headers })).json['items'] as {
      name: string;
    }[];
    expect(seen.map(({ name }) => name)).toEqual(['m1', 'm3']);
    for (const method of ['GET', 'DELETE'] as const)
      expect((await ask({ method, path: 'tokens/root', token: undefined, headers })).status).toBe(404);
    expect((await ask({ method: 'DELETE', path: 'tokens/m1', token: undefined, headers })).status).toBe(204);
    expect((await ask({ path: 'session', ...by })).status).toBe(401);
  });
});

describe('settings', () => {
  it('are read without secrets, and changed together or not at all', async () => {
    await ask({ method: 'PATCH', path: 'settings', body: { values: { 'proxy.domain': 'store.example' } } });
    const list = await ask({ path: 'settings' });
    const items = list.json['items'] as { key: string; value: unknown; secret: boolean; set: boolean }[];
    expect(items.find(({ key }) => key === 'proxy.domain')).toMatchObject({
      value: 'store.example',
      secret: false,
    });
    expect(items.find(({ key }) => key === 'internal.airgap.gateway-hash')).toMatchObject({
      value: null,
      secret: true,
      set: true,
    });
    expect(list.text).not.toContain('$scrypt$');
    const half = { 'proxy.domain': 'other.example', 'proxy.trust-forwarded-proto': 'maybe' };
    expect((await ask({ method: 'PATCH', path: 'settings', body: { values: half } })).json['code']).toBe(
      'invalid-setting',
    );
    expect((await ask({ path: 'settings/proxy.domain' })).json['value']).toBe('store.example');
    const stale = await ask({
      method: 'PATCH',
      path: 'settings',
      body: { values: { 'proxy.domain': 'x.example' } },
      headers: { 'if-match': '"old"' },
    });
    expect(stale.status).toBe(412);
  });

  it.each([
    ['proxy.nothing', 'there is no such setting'],
    ['internal.airgap.gateway-hash', 'the result of another command'],
    ['proxy.db.connection', 'a setting of one machine'],
    ['proxy.trusted-assertions', 'a file of the machine'],
  ])('%s cannot be changed over the network: %s', async (key, why) => {
    const { status, json } = await ask({
      method: 'PATCH',
      path: 'settings',
      body: { values: { [key]: '/etc/passwd' } },
    });
    expect([status, json['detail'], json['errors']]).toEqual([
      400,
      expect.stringContaining(why),
      [expect.objectContaining({ field: key })],
    ]);
  });
});

it('status is that of the command', async () => {
  const { status, json } = await ask({ path: 'status' });
  expect([status, json]).toMatchObject([200, { database: 'ok', mode: 'online', snaps: 0 }]);
});

it('health is for everybody', async () => {
  for (const path of ['/healthz', '/readyz'])
    expect((await world.ask({ path })).json).toEqual({ status: 'ok' });
});

it('the page of the API has nothing from elsewhere, and no script', async () => {
  const { text, headers } = await world.ask({ path: '/admin/docs' });
  expect(headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-/);
  expect(text).not.toMatch(/<script|<link|src=|https?:\/\//);
  expect(text).toContain('/admin/v1/tokens/{name}');
});
