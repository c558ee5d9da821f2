import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cli } from '../../support/cli.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { poll } from '../../support/poll.js';
import { freePort } from '../../support/ports.js';
import { runOnTerminal, serve } from '../../support/program.js';
import { TestStoreStack } from '../../support/store-stack.js';
import { TestDevice } from '../../support/test-device.js';
import { TestPublisher, writePair } from '../../support/test-snaps.js';
import { jsonOf, send } from '../device-api/wire.js';

type Line = Record<string, unknown>;

const publisher = new TestPublisher();
const snap = publisher.snap({ name: 'one', revision: 1 });
let directory: string;
let database: TestDatabase;
let port: number;
let server: Awaited<ReturnType<typeof serve>>;
let token: string;
let said = '';

const cli = new Cli(() => join(directory, 'data'));

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'server-log-'));
  database = await createTestDatabase();
  port = await freePort();
  await cli.run('config', `proxy.db.connection=${database.url}`);
  await cli.run(
    'config',
    'proxy.ipaddress=127.0.0.1',
    `proxy.port.http=${port}`,
    `proxy.trusted-assertions=${await publisher.writeRoot(directory)}`,
  );
  await cli.run('push-snap', await writePair(directory, snap));
  token = (await cli.run('create-token', 'watch', '--role', 'viewer')).stdout.trim();
  server = await serve(['--data', join(directory, 'data')]);
  server.child.stdout?.on('data', (text: string) => (said += text));
});
afterAll(async () => {
  server.child.kill('SIGTERM');
  const { status, stdout } = await server.ended;
  expect(status).toBe(0);
  // Every line of the whole run, from the first to the last.
  for (const line of stdout.trimEnd().split('\n'))
    expect(JSON.parse(line)).toMatchObject({
      level: expect.stringMatching(/^(?:info|warn|error)$/) as string,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
      message: expect.any(String) as string,
    });
  expect(stdout).toContain('"message":"Serving snaps on http://');
  await database.drop();
  rmSync(directory, { recursive: true });
});

function lines(): Line[] {
  return said
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
}

/** Lines come in order: whatever earlier requests make is there before the line of this one. @returns how many */
async function mark(): Promise<number> {
  const id = `mark-${Math.random().toString(36).slice(2)}`;
  await send(port, { path: '/admin/v1/openapi.json', headers: { 'x-request-id': id } });
  const at = () => lines().findIndex((line) => line['request-id'] === id);
  return (await poll(at, (found) => found >= 0)) + 1;
}

/** The lines that a request makes. */
async function linesOf(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Line[]> {
  const from = await mark();
  await send(port, { path, headers });
  const end = await mark();
  return lines().slice(from, end - 1);
}

describe('the access log', () => {
  it('has a JSON object for each request, with the pattern of its route', async () => {
    expect(await linesOf('/v2/snaps/info/one')).toEqual([
      {
        level: 'info',
        time: expect.any(String) as string,
        'request-id': expect.stringMatching(/^req-/) as string,
        method: 'GET',
        route: '/v2/snaps/info/:name',
        status: 200,
        ms: expect.any(Number) as number,
        address: '127.0.0.1',
        message: expect.stringMatching(/^GET \/v2\/snaps\/info\/:name: 200 in \d+ ms$/) as string,
      },
    ]);
  });

  it('names who manages the store, and the request id of the answer', async () => {
    const headers = { authorization: `Bearer ${token}`, 'x-request-id': 'abc-1' };
    expect(await linesOf('/admin/v1/session', headers)).toMatchObject([
      { token: 'watch', 'request-id': 'abc-1', route: '/admin/v1/session', status: 200 },
    ]);
    expect(said).not.toContain(token);
  });

  it('names the device of a session, and says if nobody has verified its serial', async () => {
    const device = new TestDevice(new TestStoreStack(), 'sn-1');
    const { nonce } = jsonOf(await send(port, { method: 'POST', path: '/api/v1/snaps/auth/nonces' })) as {
      nonce: string;
    };
    const opened = await send(port, {
      method: 'POST',
      path: '/api/v1/snaps/auth/sessions',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(device.request({ nonce })),
    });
    const { macaroon } = jsonOf(opened) as { macaroon: string };
    const session = { 'snap-device-authorization': `Macaroon root="${macaroon}"` };
    expect(await linesOf('/v2/snaps/info/one', session)).toMatchObject([
      { brand: 'brand', model: 'my-model', serial: 'sn-1', trust: 'unknown', status: 200 },
    ]);
    expect(said).not.toContain(macaroon);
  });

  it('has no path of unknown requests, no probes, no scrapes', async () => {
    expect(await linesOf('/secret\u0041?x=1')).toMatchObject([
      { status: 404, message: expect.stringMatching(/^GET unknown path: 404/) as string },
    ]);
    expect(said).not.toContain('/secret');
    for (const path of ['/healthz', '/readyz', '/_status/check', '/metrics'])
      expect(await linesOf(path)).toEqual([]);
  });

  it('has downloads only where proxy.log.downloads says so', async () => {
    const path = `/api/v1/snaps/download/${snap.snapId}_1.snap`;
    expect(await linesOf(path)).toEqual([]);
    await cli.ok('config', 'proxy.log.downloads=true');
    expect(
      await poll(
        () => linesOf(path),
        (found) => found.length > 0,
      ),
    ).toMatchObject([{ route: '/api/v1/snaps/download/:file', status: 200 }]);
    await cli.ok('config', 'proxy.log.downloads=false');
    await poll(
      () => linesOf(path),
      (found) => found.length === 0,
    );
  });
});

it('writes what a device sends so that it can neither begin a line nor hide in one', async () => {
  const path = '/admin/v1/session';
  // A user name with a line end, an escape sequence and a mark that turns text around.
  const evil = 'a\n{"level":"fatal"}\u001b[2J\u202e';
  const authorization = `Basic ${Buffer.from(`${evil}:x`).toString('base64')}`;
  await new Promise<void>((settle) => {
    request({ host: '127.0.0.1', port, path, headers: { authorization }, agent: false }, (reply) => {
      reply.resume().once('end', settle);
    }).end();
  });
  await poll(lines, (found) => found.some(({ level }) => level === 'warn'));
  for (const hidden of ['\u001b', '\u202e']) expect(said).not.toContain(hidden);
  expect(lines().filter(({ level }) => level === 'fatal')).toEqual([]);
});

it('follows proxy.log.level while it runs', async () => {
  await cli.ok('config', 'proxy.log.level=warn');
  const count = async () => {
    const before = said.length;
    await send(port, { path: '/v2/snaps/info/one' });
    await new Promise((settle) => setTimeout(settle, 50));
    return said.length - before;
  };
  expect(await poll(count, (bytes) => bytes === 0)).toBe(0);
  await cli.ok('config', 'proxy.log.level=info');
  expect(await poll(count, (bytes) => bytes > 0)).toBeGreaterThan(0);
  expect(await cli.refused('config', 'proxy.log.level=loud')).toBe(
    'cannot set proxy.log.level to "loud": give fatal, error, warn, info or debug',
  );
});

it('is readable on a terminal', async () => {
  const other = join(directory, 'other');
  const otherDatabase = await createTestDatabase();
  const settings = ['proxy.ipaddress=127.0.0.1', `proxy.port.http=${await freePort()}`];
  await new Cli(() => other).run('config', `proxy.db.connection=${otherDatabase.url}`);
  await new Cli(() => other).run('config', ...settings);
  const { shown } = await runOnTerminal(['--data', other, 'serve'], [['Serving snaps on http://', '\u0003']]);
  expect(shown).toMatch(/^Serving snaps on http:\/\/127\.0\.0\.1:\d+\r$/m);
  expect(shown).not.toContain('{"');
  await otherDatabase.drop();
});
