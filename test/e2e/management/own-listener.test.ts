import { mkdtempSync, rmSync } from 'node:fs';
import { request as plainRequest, type IncomingMessage } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { Cli } from '../../support/cli.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { poll } from '../../support/poll.js';
import { freePort } from '../../support/ports.js';
import { run, serve } from '../../support/program.js';

let directory: string;
let database: TestDatabase;
let otherDatabase: TestDatabase;
let server: Awaited<ReturnType<typeof serve>>;
let devices: number;
let management: number;
let token: string;

const cli = new Cli(() => join(directory, 'data'));

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'own-listener-'));
  database = await createTestDatabase();
  otherDatabase = await createTestDatabase();
  [devices, management] = [await freePort(), await freePort()];
  await cli.run('config', `proxy.db.connection=${database.url}`);
  await cli.run(
    'config',
    'proxy.ipaddress=127.0.0.1',
    'proxy.domain=127.0.0.1',
    `proxy.port.http=${devices}`,
    `proxy.port.https=${await freePort()}`,
    'proxy.management.address=127.0.0.2',
    `proxy.management.port=${management}`,
  );
  token = (await cli.run('create-token', 'watch', '--role', 'admin')).stdout.trim();
  server = await serve(['--data', join(directory, 'data')]);
});
afterAll(async () => {
  server.child.kill('SIGTERM');
  expect(await server.ended).toMatchObject({ status: 0 });
  await database.drop();
  await otherDatabase.drop();
  rmSync(directory, { recursive: true });
});

interface Ask {
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface Reply {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

async function ask(
  to: 'devices' | 'management',
  { path, method, headers, body }: Ask,
  tls = false,
): Promise<Reply> {
  const place =
    to === 'devices' ? { host: '127.0.0.1', port: devices } : { host: '127.0.0.2', port: management };
  const open = tls ? tlsRequest : plainRequest;
  const answer = await new Promise<IncomingMessage>((settle, fail) => {
    open({ ...place, path, method, headers, agent: false, rejectUnauthorized: false }, settle)
      .once('error', fail)
      .end(body);
  });
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
}

const bearer = () => ({ authorization: `Bearer ${token}` });

/** An answer without what differs between any two. */
function withoutPath({
  status,
  headers: { date: _date, 'content-length': _length, ...headers },
  body,
}: Reply): object {
  return { status, headers, body: body.replace(/Cannot ([A-Z]+) [^"]*/, 'Cannot $1 PATH') };
}

it.each([
  ['GET', '/admin/v1/session'],
  ['HEAD', '/admin/v1/session'],
  ['POST', '/admin/v1/session'],
  ['DELETE', '/admin/v1/tokens/watch'],
  ['GET', '/admin/docs'],
  ['GET', '/admin/v1/openapi.json'],
  ['GET', '/admin/v1/nothing'],
  ['GET', '/%61dmin/v1/session'],
  ['GET', '//admin/./v1/session/'],
  ['GET', '/admin/v1/session?token=ssp_x'],
  ['GET', '/console'],
  ['GET', '/metrics'],
  ['GET', '/v2/metadata/overrides/jq'],
  ['POST', '/v2/metadata/overrides'],
])('answers devices %s %s exactly as an unknown path, with a token or without', async (method, path) => {
  const unknown = path
    .replace(/[a-z]+(?=\?|\/?$)/, 'unknown')
    .replace(/^\/(?:%61dmin|\/admin|admin)/, '/devices');
  const body = method === 'POST' ? '{"name": "admin", "password": "x"}' : undefined;
  const headers = {
    ...(body !== undefined && { 'content-type': 'application/json', 'content-length': String(body.length) }),
  };
  const sent = (to: string, authorization: string) =>
    ask('devices', {
      method,
      path: to,
      headers: { ...headers, authorization },
      ...(body !== undefined && { body }),
    });
  const expected = withoutPath(await sent(unknown, 'Basic eDp5'));
  expect(expected).toMatchObject({ status: 404 });
  for (const authorization of [`Bearer ${token}`, 'Basic eDp5'])
    expect(withoutPath(await sent(path, authorization))).toEqual(expected);
});

it.each(['/admin/v1/tokens/', '/v2/metadata/overrides/'])(
  'answers devices %s with a very long name as an unknown path too',
  async (path) => {
    const long = 'a'.repeat(2_000);
    const expected = withoutPath(await ask('devices', { path: `/devices/v1/tokens/${long}` }));
    expect(withoutPath(await ask('devices', { path: `${path}${long}` }))).toEqual(expected);
  },
);

it('serves management on its own listener, to a token and to no session of a device', async () => {
  expect(await ask('management', { path: '/admin/v1/session', headers: bearer() })).toMatchObject({
    status: 200,
  });
  expect((await ask('management', { path: '/admin/docs' })).status).toBe(200);
  // It knows the path, and there is no such snap.
  expect(
    (await ask('management', { path: '/v2/metadata/overrides/jq', headers: bearer() })).body,
  ).not.toContain('Cannot GET');
  const session = { 'snap-device-authorization': 'Macaroon root="x"', authorization: 'Macaroon root="x"' };
  expect((await ask('management', { path: '/admin/v1/status', headers: session })).status).toBe(401);
});

it.each(['/v2/snaps/find?q=jq', '/v2/assertions/account/canonical', '/api/v1/snaps/names', '/'])(
  'knows no path of devices there: %s',
  async (path) => {
    expect((await ask('management', { path, headers: bearer() })).status).toBe(404);
    expect((await ask('devices', { path })).body).not.toContain(`Cannot GET ${path}`);
  },
);

it.each(['/healthz', '/readyz', '/_status/check'])('answers %s on both', async (path) => {
  for (const to of ['devices', 'management'] as const)
    expect(await ask(to, { path })).toMatchObject({ status: 200, body: '{"status":"ok"}' });
});

it('is in status, and said where the server starts', async () => {
  expect(parse(await cli.ok('status'))).toMatchObject({
    'Internal Service Status': { http: 'running', management: 'running', database: 'running' },
  });
  const json: unknown = JSON.parse(await cli.ok('status', '--json'));
  expect(json).toMatchObject({ services: { management: { running: true } } });
});

it('uses TLS as soon as the store has a certificate, and redirects nobody there', async () => {
  await cli.ok('import-certificate', '--selfsigned');
  const overTls = async () =>
    (await ask('management', { path: '/healthz' }, true).catch(() => undefined))?.status;
  expect(await poll(overTls, (status) => status === 200)).toBe(200);
  expect((await ask('management', { path: '/admin/v1/session', headers: bearer() }, true)).status).toBe(200);
  await expect(ask('management', { path: '/healthz' })).rejects.toThrow(/hang up|ECONNRESET|Parse Error/);
  expect(await ask('devices', { path: '/healthz' })).toMatchObject({ status: 200 });
  for (const path of ['/admin/v1/session', '/unknown'])
    expect(await ask('devices', { path })).toMatchObject({ status: 308 });
  expect(parse(await cli.ok('status'))).toMatchObject({
    'Internal Service Status': { https: 'running', management: 'running' },
  });
});

it('does not start with an address that has no port, as management would then listen for devices', async () => {
  const data = join(directory, 'other');
  await run(['--data', data, 'config', `proxy.db.connection=${otherDatabase.url}`]);
  await run([
    '--data',
    data,
    'config',
    'proxy.management.address=127.0.0.2',
    `proxy.port.http=${await freePort()}`,
  ]);
  const message =
    'cannot listen for management: proxy.management.address is set and proxy.management.port is not; set both, or set the address to nothing';
  expect(await run(['--data', data, 'serve'])).toMatchObject({ status: 1, stderr: `error: ${message}\n` });
  const { stdout } = await run(['--data', data, 'status', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ services: { management: { running: false, reason: message } } });
});

it.each([
  ['proxy.management.port', '0', 'give a port from 1 to 65535'],
  ['proxy.management.port', '65536', 'give a port from 1 to 65535'],
  ['proxy.management.address', 'store.example', 'give an IP address, such as 127.0.0.1 or [::]'],
])('refuses %s=%s', async (key, value, why) => {
  expect(await cli.refused('config', `${key}=${value}`)).toBe(`cannot set ${key} to "${value}": ${why}`);
});

it('names the setting of a port that is taken', async () => {
  const data = join(directory, 'other');
  await run(['--data', data, 'config', 'proxy.ipaddress=127.0.0.1', `proxy.management.port=${management}`]);
  const { stderr } = await run(['--data', data, 'serve']);
  expect(stderr).toBe(
    `error: cannot listen on 127.0.0.2 port ${management}: another program listens there\n`,
  );
});
