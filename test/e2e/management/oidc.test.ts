import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { MAX_PENDING_SIGN_INS_PER_ADDRESS } from '../../../src/common/limits.js';
import { auditEventView } from '../../../src/management/audit/audit-event.view.js';
import { AuditService } from '../../../src/management/audit/audit.service.js';
import { AIRGAP } from '../../../src/settings/mode.settings.js';
import { SettingsService } from '../../../src/settings/settings.service.js';
import { CLIENT, OidcProvider, type Person } from '../../support/oidc-provider.js';
import { refusalOf } from '../../support/refusal.js';
import { AdminWorld, basic, stranger, type AdminReply, type AdminRequest } from './admin-world.js';

const STORE = 'https://store.example';
const CALLBACK = `${STORE}/admin/v1/session/oidc/callback`;
const KIM: Person = { sub: 'u-1', preferred_username: 'Kim', groups: ['everyone', 'store-admins'] };

let world: AdminWorld;
let settings: SettingsService;
let provider: OidcProvider;
const lines: string[] = [];

beforeAll(async () => {
  for (const level of ['warn', 'error'] as const)
    vi.spyOn(Logger.prototype, level).mockImplementation((line: unknown) => void lines.push(String(line)));
  provider = await OidcProvider.start([CALLBACK]);
  world = await AdminWorld.start();
  settings = world.store.app.get(SettingsService);
  await settings.set([
    ['proxy.oidc.issuer', provider.issuer],
    ['proxy.oidc.client-id', CLIENT.id],
    ['proxy.oidc.client-secret', CLIENT.secret],
    ['proxy.oidc.roles', 'store-admins=admin; cn=ops,dc=site=operator;staff=viewer'],
    ['proxy.management.url', STORE],
  ]);
});
afterAll(async () => {
  await world.stop();
  await provider.stop();
  vi.restoreAllMocks();
});
beforeEach(async () => {
  provider.person = KIM;
  await world.query(`delete from operator where issuer is not null`);
  await world.query('delete from oidc_sign_in');
});

async function ask(path: string, more: Partial<AdminRequest> = {}): Promise<AdminReply> {
  return await world.ask({ ...more, path: `/admin/v1/${path}` });
}

const cookieOf = (name: string, { headers }: AdminReply) =>
  new RegExp(`${name}=[^;]+`).exec(headers['set-cookie'] ?? '')?.[0] ?? '';

interface Begun {
  readonly location: string;
  readonly cookie: string;
}

async function begin(more: Partial<AdminRequest> = {}): Promise<Begun> {
  const { headers, ...reply } = await ask('session/oidc', more);
  expect(reply.status).toBe(302);
  return { location: headers['location'] ?? '', cookie: cookieOf('store-oidc', { headers, ...reply }) };
}

async function finish(back: URL, cookie: string): Promise<AdminReply> {
  return await world.ask({ path: `${back.pathname}${back.search}`, headers: { cookie } });
}

async function signIn(): Promise<AdminReply> {
  const { location, cookie } = await begin();
  return await finish(await provider.visit(location), cookie);
}

async function whoAmI(reply: AdminReply): Promise<AdminReply> {
  return await ask('session', { headers: { cookie: cookieOf('store-session', reply) } });
}

describe('signing in at the identity provider', () => {
  it('opens a session as a password does, and adds the operator', async () => {
    const begun = await ask('session/oidc', {
      headers: { host: 'evil.example' },
    });
    const location = new URL(begun.headers['location'] ?? '');
    expect(`${location.origin}${location.pathname}`).toBe(`${provider.issuer}/auth`);
    expect(Object.fromEntries(location.searchParams)).toMatchObject({
      client_id: CLIENT.id,
      response_type: 'code',
      redirect_uri: CALLBACK,
      scope: 'openid profile email',
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/) as string,
      state: expect.stringMatching(/^[\w-]{43}$/) as string,
      nonce: expect.stringMatching(/^[\w-]{43}$/) as string,
    });
    expect(begun.headers['set-cookie']).toMatch(
      /^store-oidc=[\w-]{43}; Path=\/admin\/v1\/session\/oidc; Max-Age=600; HttpOnly; SameSite=Lax$/,
    );
    const done = await finish(await provider.visit(location.href), cookieOf('store-oidc', begun));
    expect([done.status, done.headers['location'], done.text]).toEqual([303, '/admin/docs', '']);
    expect(done.headers['set-cookie']).toMatch(/store-session=[\w-]{43}; Path=\/admin; .*SameSite=Strict/);
    expect(done.headers['set-cookie']).toMatch(/store-oidc=; .*Max-Age=0/);
    expect((await whoAmI(done)).json).toMatchObject({
      kind: 'operator',
      name: 'kim',
      role: 'admin',
      'csrf-token': expect.any(String) as string,
    });
    expect(await world.operators.get('kim')).toMatchObject({ issuer: provider.issuer, subject: 'u-1' });
    const [event] = await world.store.app.get(AuditService).list(1);
    expect(event && auditEventView(event)).toMatchObject({
      actor: { kind: 'store', name: 'identity-provider' },
      address: expect.stringMatching(/^127\./) as string,
      action: 'operator.add',
      subject: 'kim',
      after: { role: 'admin', issuer: provider.issuer, subject: 'u-1' },
    });
  });

  it('gives the role of now, the highest of several, and none to whoever has none', async () => {
    expect((await whoAmI(await signIn())).json['role']).toBe('admin');
    provider.person = { ...KIM, groups: ['staff', 'cn=ops,dc=site'] };
    const second = await signIn();
    expect((await whoAmI(second)).json['role']).toBe('operator');
    const token = await world.token('of-kim', 'viewer', [], { operator: 'kim' });
    provider.person = { ...KIM, groups: ['everyone'] };
    const refused = await signIn();
    expect([refused.status, refused.json['detail']]).toEqual([
      403,
      'cannot sign in: the identity provider gives kim no role of this store; see proxy.oidc.roles',
    ]);
    expect(cookieOf('store-session', refused)).toBe('');
    // What was open for them is closed.
    expect((await whoAmI(second)).status).toBe(401);
    expect((await ask('session', { token })).status).toBe(401);
    provider.person = { sub: 'u-2', preferred_username: 'lee', groups: 'staff' };
    expect((await whoAmI(await signIn())).json).toMatchObject({ name: 'lee', role: 'viewer' });
    provider.person = { sub: 'u-3' };
    expect((await signIn()).status).toBe(403);
    expect(await refusalOf(world.operators.get('u-3'))).toContain('there is none');
  });

  it('finds the claim inside of objects', async () => {
    await settings.set([['proxy.oidc.roles-claim', 'realm_access.roles']]);
    provider.person = { sub: 'u-4', preferred_username: 'realm', realm_access: { roles: ['staff'] } };
    expect((await whoAmI(await signIn())).json).toMatchObject({ name: 'realm', role: 'viewer' });
    await settings.set([['proxy.oidc.roles-claim', 'groups']]);
  });

  it('never makes somebody an operator who is here already, whatever they are called there', async () => {
    provider.person = { ...KIM, preferred_username: 'admin', email: 'Kim@Example.com' };
    expect((await whoAmI(await signIn())).json['name']).toBe('kim@example.com');
    provider.person = { ...KIM, sub: 'Kim@Example.com', preferred_username: 'admin', email: '<b>x</b>' };
    expect((await whoAmI(await signIn())).json['name']).toMatch(/^oidc-[0-9a-f]{16}$/);
    expect(await world.operators.get('admin')).toMatchObject({ issuer: null });
    // The same person with another name is the same operator.
    provider.person = { ...KIM, preferred_username: 'kim-2' };
    expect((await whoAmI(await signIn())).json['name']).toBe('kim@example.com');
  });

  it('is the only way in for such an operator, who is refused once disabled or removed', async () => {
    const opened = await signIn();
    for (const change of [
      { password: 'a password for kim' },
      { totpSecret: 'X' },
      { role: 'viewer' as const },
    ])
      expect(await refusalOf(world.operators.change('kim', change))).toContain('cannot change operator kim');
    for (const password of ['', 'x'])
      expect((await ask('session', { headers: basic('kim', password) })).status).toBe(401);
    const post = { method: 'POST', body: { name: 'kim', password: 'x' } } as const;
    expect((await ask('session', post)).status).toBe(401);
    const token = await world.token('of-kim-2', 'viewer', [], { operator: 'kim' });
    await world.operators.change('kim', { isDisabled: true });
    expect([(await signIn()).status, (await whoAmI(opened)).status]).toEqual([403, 401]);
    await world.operators.remove('kim');
    expect((await ask('session', { token })).status).toBe(401);
    expect((await whoAmI(opened)).status).toBe(401);
    // Whoever still has a role may come again, and is somebody new.
    expect((await whoAmI(await signIn())).status).toBe(200);
  });

  it('works in air-gapped mode, with that origin alone', async () => {
    await settings.record([[AIRGAP, 'true']]);
    expect((await whoAmI(await signIn())).json['name']).toBe('kim');
    await world.query(`update setting set value = '"false"' where key = 'proxy.airgap'`);
    settings.forget();
  });
});

describe('a sign-in', () => {
  it('is finished once, and only by the browser that began it', async () => {
    const mine = await begin();
    const back = await provider.visit(mine.location);
    const refused = 'this browser did not begin it, it was finished, or it is older than 10 minutes';
    expect((await finish(back, mine.cookie)).status).toBe(303);
    const again = await finish(back, mine.cookie);
    expect([again.status, again.json['detail']]).toEqual([400, expect.stringContaining(refused)]);
    const other = await begin();
    for (const cookie of ['', mine.cookie, `${other.cookie}; store-oidc=planted`, 'store-oidc=short']) {
      const stolen = await provider.visit((await begin()).location);
      expect((await finish(stolen, cookie)).json['detail']).toContain(refused);
    }
    const asked = provider.asked.length;
    for (const query of ['', '?code=x', '?code=x&state=x', '?state=%00', `?code=x&state=${'A'.repeat(43)}`])
      expect((await finish(new URL(CALLBACK + query), other.cookie)).status).toBe(400);
    expect(provider.asked).toHaveLength(asked);
  });

  it('expires, also where the identity provider does not mind', async () => {
    const { location, cookie } = await begin();
    const back = await provider.visit(location);
    await world.query(`update oidc_sign_in set expires_at = now()`);
    expect((await finish(back, cookie)).status).toBe(400);
  });

  it('is refused where the code was used or has expired, or the person refused', async () => {
    const first = await begin();
    const back = await provider.visit(first.location);
    const second = await begin();
    const state = new URL(second.location).searchParams.get('state') ?? '';
    // The code of another sign-in has another verifier.
    back.searchParams.set('state', state);
    expect((await finish(back, second.cookie)).json['detail']).toContain('does not accept its code any more');
    const third = await begin();
    const denied = new URL(CALLBACK);
    const refusal = { error: 'access_denied', error_description: 'no <b>\u202e' };
    denied.search = new URLSearchParams({
      ...refusal,
      iss: provider.issuer,
      state: new URL(third.location).searchParams.get('state') ?? '',
    }).toString();
    const reply = await finish(denied, third.cookie);
    expect([reply.status, reply.headers['content-type']]).toEqual([401, 'application/problem+json']);
    expect(reply.json['detail']).toContain('access_denied: no <b>');
    expect(reply.text).not.toContain('\u202e');
  });

  it(`is one of up to ${MAX_PENDING_SIGN_INS_PER_ADDRESS} of an address, which the database keeps as hashes`, async () => {
    const from = stranger();
    for (let begun = 0; begun < MAX_PENDING_SIGN_INS_PER_ADDRESS; begun += 1) await begin({ from });
    const refused = await ask('session/oidc', { from });
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '600']);
    const { location, cookie } = await begin();
    const state = new URL(location).searchParams.get('state') ?? '';
    const rows = JSON.stringify(await world.query('select t::text from oidc_sign_in t'));
    for (const secret of [state, cookie.slice('store-oidc='.length)]) {
      expect(rows).not.toContain(secret);
      expect(rows).not.toContain(Buffer.from(secret).toString('hex'));
    }
    await world.query(`update oidc_sign_in set expires_at = now()`);
    await begin({ from });
    expect(await world.query('select from oidc_sign_in')).toHaveLength(1);
  });

  it('is not begun over plain HTTP from elsewhere', async () => {
    expect((await ask('session/oidc', { from: '192.0.2.1' })).status).toBe(403);
    expect((await ask('session/oidc/callback', { from: '192.0.2.1' })).status).toBe(403);
  });
});

describe('without', () => {
  it.each([
    ['proxy.oidc.issuer', '', 404, 'this store has none'],
    ['proxy.oidc.client-id', '', 404, 'proxy.oidc.client-id is not set'],
    ['proxy.management.url', '', 404, 'the store does not know its own URL'],
    [
      'proxy.oidc.issuer',
      'http://127.0.0.1:1',
      502,
      'cannot reach http://127.0.0.1:1: nothing listens there',
    ],
  ])('%s=%s it is refused with %d: %s', async (key, value, status, why) => {
    const before = await settings.getText(key);
    await settings.set([[key, value]]);
    const reply = await ask('session/oidc');
    await settings.set([[key, before ?? '']]);
    expect([reply.status, reply.json['detail']]).toEqual([status, expect.stringContaining(why)]);
  });

  it('the right secret of the client, the identity provider refuses', async () => {
    await settings.set([['proxy.oidc.client-secret', 'wrong']]);
    const reply = await signIn();
    await settings.set([['proxy.oidc.client-secret', CLIENT.secret]]);
    expect([reply.status, reply.json['detail']]).toEqual([502, expect.stringContaining('invalid_client')]);
  });
});
