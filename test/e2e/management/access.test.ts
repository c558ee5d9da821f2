import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ROLES, type Role } from '../../../src/common/domain/role.js';
import { OperatorsRepository } from '../../../src/management/operators.repository.js';
import { SettingsService } from '../../../src/settings/settings.service.js';
import { AdminWorld, basic, stranger } from './admin-world.js';
import { routesOf, type Route } from './routes.js';

let world: AdminWorld;
const tokens: Partial<Record<Role, string>> = {};

beforeAll(async () => {
  world = await AdminWorld.start();
  for (const role of ROLES) tokens[role] = await world.token(`of-${role}`, role);
});
afterAll(() => world.stop());

const routes = () => routesOf(world);

/** Something that no route takes, so that nothing is changed. */
const BODY = { 'no-such-member': 1 };

async function statusOf(
  { method, path, hasBody }: Route,
  headers: Record<string, string>,
  from = stranger(),
): Promise<number> {
  const body = hasBody ? BODY : undefined;
  return (await world.ask({ method, path, headers, body, from })).status;
}

describe('every route', () => {
  const bearer = (token: string | undefined) => ({ authorization: `Bearer ${token}` });

  it('says who may use it', () => {
    expect(routes().length).toBeGreaterThan(15);
    for (const route of routes())
      expect([route.path, [...ROLES, 'anyone']]).toEqual([route.path, expect.arrayContaining([route.role])]);
  });

  it('opens to its role and those above, and to no other', async () => {
    for (const route of routes())
      for (const role of ROLES) {
        const status = await statusOf(route, bearer(tokens[role]));
        const isAllowed = route.role === 'anyone' || ROLES.indexOf(role) >= ROLES.indexOf(route.role as Role);
        if (!isAllowed) expect({ ...route, as: role, status }).toEqual({ ...route, as: role, status: 403 });
        else expect([401, 403, 500]).not.toContain(status);
      }
  });

  it('opens to nobody without credentials, with wrong, expired or revoked ones, or a session of a device', async () => {
    const expired = await world.token('expired', 'admin');
    await world.query(`update api_token set expires_at = now() where name = 'expired'`);
    const strangers: Record<string, string>[] = [
      {},
      bearer('ssp_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'),
      bearer(expired),
      basic('admin', 'management'),
      { authorization: 'Macaroon root="x", discharge="y"' },
      { 'snap-device-authorization': 'Macaroon root="x"', 'x-device-authorization': 'Macaroon root="x"' },
      { cookie: 'store-session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' },
    ];
    for (const route of routes().filter(({ role }) => role !== 'anyone'))
      for (const headers of strangers)
        expect([route.path, headers, await statusOf(route, headers)]).toEqual([route.path, headers, 401]);
  });

  it('opens to a token of its scope alone, where the token has scopes', async () => {
    const reader = await world.token('reader', 'admin', ['read']);
    const importer = await world.token('importer', 'admin', ['import']);
    for (const route of routes().filter(({ role }) => role !== 'anyone')) {
      const isOpen = route.scope === undefined || route.scope === 'read';
      expect([route.path, (await statusOf(route, bearer(reader))) === 403]).toEqual([route.path, !isOpen]);
      expect([route.path, (await statusOf(route, bearer(importer))) === 403]).toEqual([
        route.path,
        route.scope !== undefined && route.scope !== 'import',
      ]);
    }
  });
});

it('a token does no more than its operator, from the moment that the operator may do less', async () => {
  await world.operators.add({ name: 'kim', role: 'admin' });
  const token = await world.token('of-kim', 'admin', [], { operator: 'kim' });
  expect((await world.ask({ path: '/admin/v1/operators', token })).status).toBe(200);
  await world.operators.change('kim', { role: 'viewer' });
  expect((await world.ask({ path: '/admin/v1/operators', token })).status).toBe(403);
  await world.operators.change('kim', { isDisabled: true });
  expect((await world.ask({ path: '/admin/v1/session', token })).status).toBe(401);
});

it('over plain HTTP from elsewhere, secrets are not looked at unless a setting allows it', async () => {
  const elsewhere = { path: '/admin/v1/session', token: tokens.viewer, from: '192.0.2.9' };
  const refused = await world.ask(elsewhere);
  expect([refused.status, refused.json['code'], refused.headers['www-authenticate']]).toEqual([
    403,
    'forbidden',
    undefined,
  ]);
  const signIn = {
    method: 'POST',
    path: '/admin/v1/session',
    body: { name: 'admin', password: 'x' },
    from: '192.0.2.9',
  } as const;
  expect((await world.ask(signIn)).status).toBe(403);
  const settings = world.store.app.get(SettingsService);
  await settings.set([['proxy.management.allow-plain-http', 'true']]);
  expect((await world.ask(elsewhere)).status).toBe(200);
  await settings.set([['proxy.management.allow-plain-http', 'false']]);
});

it.each(['?token=x', '?access_token=x', '?a=1&password=y', '?q=ssp_AAAA'])(
  'a secret in the URL is refused: %s',
  async (query) => {
    const { status, json } = await world.ask({ path: `/admin/v1/session${query}`, token: tokens.admin });
    expect([status, json['detail']]).toEqual([400, expect.stringContaining('cannot take a secret in a URL')]);
  },
);

it('a path that is too long is refused with problem details', async () => {
  const { status, headers, json } = await world.ask({
    path: `/admin/v1/operators/${'x'.repeat(10_000)}`,
    token: tokens.admin,
  });
  expect([status, headers['content-type'], json['code']]).toEqual([
    414,
    'application/problem+json',
    'invalid-request',
  ]);
});

it('a body is not read before it is known who sends it', async () => {
  const { status, json } = await world.ask({ method: 'POST', path: '/admin/v1/tokens', body: '{"not json' });
  expect([status, json['code']]).toEqual([401, 'unauthorized']);
});

it('the API of overrides takes a token, with the right role and scope', async () => {
  const ask = async (token: string, body?: unknown) =>
    (
      await world.ask({
        path: body ? '/v2/metadata/overrides' : '/v2/metadata/overrides/hello',
        ...(body !== undefined && { body, method: 'POST' as const }),
        token,
        headers: { 'x-ubuntu-series': '16' },
      })
    ).status;
  expect(await ask(tokens.viewer ?? '')).toBe(404);
  expect(await ask(tokens.viewer ?? '', [])).toBe(403);
  expect(await ask(await world.token('scoped', 'operator', ['read']), [])).toBe(403);
  expect(await ask(await world.token('releaser', 'operator', ['release']), [])).toBe(400);
});

it('the API of overrides looks an operator up once, by any name', async () => {
  await world.operators.change('admin', { password: 'management password' });
  await world.operators.add({ name: 'jo', role: 'viewer', password: 'password of jo' });
  const warnings = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  const lookUps = vi.spyOn(world.store.app.get(OperatorsRepository), 'findSecrets');
  const list = async (name: string, password: string) =>
    (await world.ask({ path: '/v2/metadata/overrides/hello', headers: basic(name, password) })).status;
  const given: [string, string, number][] = [
    ['jo', 'password of jo', 404],
    ['jo', 'management password', 401],
    ['admin', 'management password', 404],
    ['whoever', 'management password', 404],
    ['a\0b', 'management password', 404],
    ['x'.repeat(1_000), 'management password', 404],
  ];
  for (const [name, password, status] of given) {
    lookUps.mockClear();
    expect([name, await list(name, password)]).toEqual([name, status]);
    expect([name, lookUps.mock.calls.length]).toEqual([name, 1]);
  }
  lookUps.mockRestore();
  warnings.mockRestore();
});
