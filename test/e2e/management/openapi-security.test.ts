import { Logger, Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AppModule } from '../../../src/app.module.js';
import { ROLES, type Role, type Scope } from '../../../src/common/domain/role.js';
import { PASSWORD_GUESSES } from '../../../src/common/limits.js';
import { TokensService } from '../../../src/management/tokens.service.js';
import { createServer } from '../../../src/server.js';
import { portOf } from '../../support/ports.js';
import { head, RawConnection } from '../../support/raw-connection.js';
import { AdminWorld, stranger } from './admin-world.js';
import { routesOf, type Route } from './routes.js';

@Module({ imports: [AppModule] })
class OtherUnitModule {}

const PASSWORD = 'password of sam';
const FORBIDDEN = 403;
/** Longer than any route takes at once; none of it is sent. */
const ANNOUNCED_BYTES = 64 << 20;

let world: AdminWorld;
let other: NestFastifyApplication;
let port: number;

beforeAll(async () => {
  vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  world = await AdminWorld.start();
  // Another unit: the same data and database, and no memory in common.
  other = await createServer(OtherUnitModule);
  await world.store.app.listen(0, '127.0.0.1');
  port = portOf(world.store.app.getHttpServer());
  await world.operators.add({ name: 'sam', role: 'admin', password: PASSWORD });
});
afterAll(async () => {
  await other.close();
  await world.stop();
  vi.restoreAllMocks();
});

const named = ({ method, path }: Route) => `${method} ${path}`;
const guarded = () => routesOf(world).filter(({ role }) => role !== 'anyone');
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

let tokens = 0;
const newToken = async (role: Role, scopes: Scope[] = []) =>
  await world.token(`security-${(tokens += 1)}`, role, scopes);

async function statusesOf(
  routes: readonly Route[],
  headers: (route: Route) => Record<string, string>,
  suffix = '',
): Promise<string[]> {
  const found: string[] = [];
  for (const route of routes) {
    const { method, path } = route;
    const body = route.hasBody ? { 'no-such-member': 1 } : undefined;
    const { status } = await world.ask({ method, path: path + suffix, headers: headers(route), body });
    found.push(`${named(route)} ${status}`);
  }
  return found;
}

const all = (routes: readonly Route[], status: number) => routes.map((route) => `${named(route)} ${status}`);

/** The status for a request of which the head alone is sent. */
async function statusOfHead({ method, path }: Route, headers: Record<string, string>): Promise<number> {
  const connection = await RawConnection.open(port, stranger());
  try {
    const body = { 'Content-Type': 'application/json', 'Content-Length': String(ANNOUNCED_BYTES) };
    connection.write(head(method, path, { ...body, ...headers }));
    await connection.untilHeard(/\r\n\r\n/);
    return connection.status;
  } finally {
    connection.end();
  }
}

describe('no byte of a body is waited for', () => {
  const refused: [string, number, () => Promise<(route: Route) => Record<string, string> | undefined>][] = [
    ['without credentials', 401, () => Promise.resolve(() => ({}))],
    ['with an unknown token', 401, () => Promise.resolve(() => bearer(`ssp_${'A'.repeat(43)}`))],
    [
      'with an expired token',
      401,
      async () => {
        const token = await newToken('admin');
        await world.query(`update api_token set expires_at = now() where name = 'security-${tokens}'`);
        return () => bearer(token);
      },
    ],
    [
      'with a revoked token',
      401,
      async () => {
        const token = await newToken('admin');
        expect((await world.ask({ path: '/admin/v1/session', token })).status).toBe(200);
        await world.store.app.get(TokensService).revoke(`security-${tokens}`);
        return () => bearer(token);
      },
    ],
    [
      'with the session of a device',
      401,
      () => Promise.resolve(() => ({ authorization: 'Macaroon root="x"' })),
    ],
    [
      'with too little role',
      FORBIDDEN,
      async () => {
        const lower = new Map<string, string>();
        for (const role of ROLES.slice(0, -1)) lower.set(role, await newToken(role));
        return ({ role }) => {
          const token = lower.get(ROLES[ROLES.indexOf(role as Role) - 1] ?? '');
          return token === undefined ? undefined : bearer(token);
        };
      },
    ],
    [
      'with another scope',
      FORBIDDEN,
      async () => {
        const [read, audit] = [await newToken('admin', ['read']), await newToken('admin', ['audit'])];
        return ({ scope }) => (scope === undefined ? undefined : bearer(scope === 'read' ? audit : read));
      },
    ],
  ];

  it.each(refused)('%s: every change is answered %d', async (_what, status, credentials) => {
    const headersOf = await credentials();
    const changes = guarded().filter(({ hasBody }) => hasBody);
    expect(changes.length).toBeGreaterThan(5);
    const asked = changes.filter((route) => headersOf(route) !== undefined);
    const statuses = asked.map(
      async (route) => `${named(route)} ${await statusOfHead(route, headersOf(route) ?? {})}`,
    );
    expect(await Promise.all(statuses)).toEqual(all(asked, status));
  });
});

describe('a session', () => {
  async function signIn(): Promise<{ cookie: string; csrf: string }> {
    const body = { name: 'sam', password: PASSWORD };
    const { headers, json } = await world.ask({ method: 'POST', path: '/admin/v1/session', body });
    const [cookie = ''] = (headers['set-cookie'] ?? '').split(';');
    return { cookie, csrf: String(json['csrf-token']) };
  }

  it('changes nothing without its CSRF token, or with that of another session', async () => {
    const [{ cookie }, foreign] = [await signIn(), await signIn()];
    const changes = guarded().filter(({ isChange }) => isChange);
    expect(changes.length).toBeGreaterThan(10);
    for (const csrf of [undefined, '', 'x', foreign.csrf, cookie.split('=')[1] ?? ''])
      expect(
        await statusesOf(changes, () => ({ cookie, ...(csrf !== undefined && { 'x-csrf-token': csrf }) })),
      ).toEqual(all(changes, FORBIDDEN));
    const reads = guarded().filter(({ isChange }) => !isChange);
    for (const status of await statusesOf(reads, () => ({ cookie })))
      expect(status).not.toMatch(/ (?:401|403|500)$/);
  });

  it('opens nothing after it was ended, to whoever has stolen its cookie', async () => {
    const { cookie, csrf } = await signIn();
    const headers = { cookie, 'x-csrf-token': csrf };
    expect((await world.ask({ method: 'DELETE', path: '/admin/v1/session', headers })).status).toBe(204);
    expect(await statusesOf(guarded(), () => headers)).toEqual(all(guarded(), 401));
  });
});

it('no route takes a secret in its URL, whoever sends it', async () => {
  const token = await newToken('admin');
  for (const suffix of [`?token=${token}`, `?access_token=x`, `?x=${token}`, '?a=b&password=x'])
    for (const headers of [{}, bearer(token)])
      expect(await statusesOf(routesOf(world), () => headers, suffix)).toEqual(all(routesOf(world), 400));
});

describe('whoever guesses', () => {
  const GUESS = { name: 'sam', password: 'a guess' };

  async function askBoth(units: number, more: { from: string; password?: string }): Promise<number[]> {
    const statuses: number[] = [];
    for (let asked = 0; asked < units; asked += 1) {
      const app = asked % 2 ? other : world.store.app;
      const { statusCode } = await app.inject({
        method: 'POST',
        url: '/admin/v1/session',
        remoteAddress: more.from,
        headers: { host: 'store.example', 'content-type': 'application/json' },
        payload: JSON.stringify({
          ...GUESS,
          ...(more.password !== undefined && { password: more.password }),
        }),
      });
      statuses.push(statusCode);
    }
    return statuses;
  }

  it('at two units in turn is slowed as at one, and waits at both', async () => {
    const from = stranger();
    const statuses = await askBoth(PASSWORD_GUESSES.free + 3, { from });
    expect(statuses).toEqual([...Array.from({ length: PASSWORD_GUESSES.free + 1 }, () => 401), 429, 429]);
    // Not even the right one, from there.
    expect(await askBoth(2, { from, password: PASSWORD })).toEqual([429, 429]);
    expect(await askBoth(2, { from: stranger(), password: PASSWORD })).toEqual([201, 201]);
  });

  it('tokens is slowed by address too, and the token of somebody else there waits as well', async () => {
    const [from, token] = [stranger(), await newToken('viewer')];
    const statuses: number[] = [];
    for (let asked = 0; asked < PASSWORD_GUESSES.free + 2; asked += 1) {
      const app = asked % 2 ? other : world.store.app;
      const headers = { host: 'store.example', ...bearer(`ssp_${String(asked).padStart(43, 'A')}`) };
      const url = '/admin/v1/session';
      statuses.push((await app.inject({ url, remoteAddress: from, headers })).statusCode);
    }
    expect(statuses).toEqual([...Array.from({ length: PASSWORD_GUESSES.free + 1 }, () => 401), 429]);
    expect((await world.ask({ path: '/admin/v1/session', token, from })).status).toBe(429);
    expect((await world.ask({ path: '/admin/v1/session', token })).status).toBe(200);
  });
});
