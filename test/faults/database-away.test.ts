import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createServer } from '../../src/server.js';
import { UnitConfigService } from '../../src/settings/unit-config.service.js';
import { jsonOf, listen, send, type WireReply, type WireRequest } from '../e2e/device-api/wire.js';
import { World } from '../e2e/device-api/world.js';
import { CuttingProxy } from '../support/cutting-proxy.js';
import { poll } from '../support/poll.js';

let world: World;
let proxy: CuttingProxy;
let app: NestFastifyApplication;
let port: number;
let snapId: string;
const lines: string[] = [];

beforeAll(async () => {
  world = await World.start();
  snapId = (await world.push({ name: 'one', revision: 1 })).snapId;
  proxy = await CuttingProxy.start(world.store.databaseUrl);
  // A second unit, whose connection to the database can be cut.
  new UnitConfigService().write({ 'proxy.db.connection': proxy.url });
  app = await createServer();
  const note = (line: unknown): void => void lines.push(String(line));
  // After the server has its own.
  Logger.overrideLogger({ error: note, warn: note, log: () => undefined });
  port = await listen(app);
});
afterAll(async () => {
  Logger.overrideLogger(['error', 'warn']);
  await app.close();
  await proxy.stop();
  await world.stop();
});

const JSON_TYPE = { 'content-type': 'application/json' };

/** Every route, with existing and unknown names. */
function requests(): WireRequest[] {
  const paths = [
    '/_status/check',
    '/v2/auth/store/assertions',
    '/v2/snaps/info/one',
    '/v2/snaps/info/other',
    '/v2/snaps/find?q=one',
    '/v2/snaps/categories',
    '/v2/snaps/category/x',
    '/api/v1/snaps/sections',
    '/api/v1/snaps/names',
    '/v2/assertions/account/acme',
    '/v2/assertions/account/other',
    `/api/v1/snaps/download/${snapId}_1.snap`,
    `/api/v1/snaps/download/${snapId}_2.snap`,
    `/api/v1/snaps/download/${snapId}.part_1.comp`,
    `/api/v1/snaps/media/${snapId}_${'a'.repeat(96)}.png`,
  ];
  const action = { action: 'install', 'instance-key': 'i', name: 'other', channel: 'stable' };
  const refresh = JSON.stringify({ context: [], actions: [action] });
  const post = (path: string, body = '') => ({ method: 'POST', path, headers: JSON_TYPE, body });
  return [
    ...paths.flatMap((path) => [{ path }, { path, method: 'HEAD' }]),
    { path: '/v2/snaps/info/one', headers: { 'snap-device-authorization': 'Macaroon root="x"' } },
    { path: '/v2/metadata/overrides/one', headers: { authorization: 'Basic YTpi' } },
    post('/v2/snaps/refresh', refresh),
    post('/v2/cohorts', '{"snaps":["other"]}'),
    { method: 'POST', path: '/api/v1/snaps/auth/nonces' },
    { method: 'POST', path: '/api/v1/snaps/auth/request-id' },
    post('/api/v1/snaps/auth/sessions', '{"device-session-request":"x"}'),
    { method: 'POST', path: '/api/v1/snaps/auth/devices', body: 'x' },
  ];
}

async function askAll(): Promise<[what: string, reply: WireReply][]> {
  const answers: [string, WireReply][] = [];
  for (const request of requests())
    answers.push([`${request.method ?? 'GET'} ${request.path}`, await send(port, request)]);
  return answers;
}

const isUp = async () => (await send(port, { path: '/_status/check' })).status;

const AWAY = /^cannot .*database.*; requests that need it are answered 503 meanwhile$/;

it('without the database, every route that needs it answers 503 with Retry-After, and the log has one line', async () => {
  const before = new Map((await askAll()).map(([what, { status }]) => [what, status]));
  proxy.cutAt({ text: '', when: 'before' });
  await poll(isUp, (status) => status === 503);
  expect(lines.filter((line) => AWAY.test(line))).toHaveLength(1);
  const unavailable: string[] = [];
  for (const [what, { status, headers, body }] of await askAll()) {
    if (status === before.get(what)) continue;
    expect([what, status, headers['retry-after']]).toEqual([what, 503, expect.stringMatching(/^\d+$/)]);
    if (body.length > 0)
      expect(jsonOf({ body })).toMatchObject({
        'error-list': [
          {
            code: 'database-unavailable',
            message: 'the store cannot answer now, see its log',
          },
        ],
      });
    unavailable.push(what);
  }
  for (const path of ['/_status/check', '/v2/snaps/info/other', '/v2/assertions/account/other'])
    for (const method of ['GET', 'HEAD']) expect(unavailable).toContain(`${method} ${path}`);
  expect(unavailable).toContain('POST /v2/snaps/refresh');
  expect(lines.filter((line) => AWAY.test(line))).toHaveLength(1);
  expect(lines.filter((line) => /^(?:GET|HEAD|POST) /.test(line))).toEqual([]);
  for (const line of lines) expect(line).not.toContain('\n');
});

it('after the database returns, every answer is as before', async () => {
  proxy.cutAt(undefined);
  expect(await poll(isUp, (status) => status === 200)).toBe(200);
  expect((await askAll()).filter(([, { status }]) => status >= 500)).toEqual([]);
  const back = lines.filter((line) => line.startsWith('the database answers again'));
  expect(back).toEqual([
    expect.stringMatching(
      /^the database answers again after \d+ seconds; \d+ requests were refused meanwhile$/,
    ),
  ]);
});
