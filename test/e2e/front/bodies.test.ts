import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  MAX_BODIES_PER_ADDRESS_BYTES,
  MAX_BODY_BYTES,
  MAX_JSON_NAMES,
  MAX_OVERRIDES_BODY_BYTES,
  MAX_REFRESH_BODY_BYTES,
  REQUEST_TIMEOUT_MS,
  UNCOUNTED_BODY_BYTES,
} from '../../../src/common/limits.js';
import { head, RawConnection } from '../../support/raw-connection.js';
import { jsonOf, listen, repliesIn, send } from '../device-api/wire.js';
import { World } from '../device-api/world.js';

let world: World;
let port: number;
const connections: RawConnection[] = [];

beforeAll(async () => {
  world = await World.start();
  port = await listen(world.store.app);
});
afterEach(() => {
  for (const connection of connections.splice(0)) connection.end();
});
afterAll(() => world.stop());

async function open(...words: [localAddress?: string]): Promise<RawConnection> {
  const connection = await RawConnection.open(port, ...words);
  connections.push(connection);
  return connection;
}

const JSON_TYPE = { 'Content-Type': 'application/json' };
const REFRESH = '/v2/snaps/refresh';
const CHUNKED = { ...JSON_TYPE, 'Transfer-Encoding': 'chunked' };

function chunk(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n`;
}

/** Status, code and message of the only answer. */
function refusalIn(heard: string): unknown[] {
  const [reply] = repliesIn(heard);
  if (!reply) throw new Error(`no reply: ${heard}`);
  expect(reply.headers['snap-store-version']).toBeDefined();
  expect(reply.headers['content-type']).toBe('application/json');
  const { 'error-list': errors } = jsonOf(reply) as { 'error-list': { code: string; message: string }[] };
  return [reply.status, errors[0]?.code, errors[0]?.message];
}

describe('a body above its limit', () => {
  it.each([
    ['/v2/cohorts', MAX_BODY_BYTES],
    ['/v2/messages', MAX_BODY_BYTES],
    ['/api/v1/snaps/auth/nonces', MAX_BODY_BYTES],
    [REFRESH, MAX_REFRESH_BODY_BYTES],
  ])('is refused before any of it is sent: %s', async (path, limit) => {
    const says = [413, 'too-large', `cannot read request: its body is longer than ${limit} bytes`];
    for (const type of [JSON_TYPE, {}]) {
      const connection = await open();
      connection.write(head('POST', path, { ...type, 'Content-Length': String(limit + 1) }));
      expect(refusalIn(await connection.untilClosed())).toEqual(says);
    }
    const reply = await send(port, { method: 'POST', path, headers: JSON_TYPE, body: '{}'.padEnd(limit) });
    expect(reply.status).not.toBe(413);
  });
});

it.each([
  ['without the password', 'POST', '/v2/metadata/overrides', 401],
  ['of a GET', 'GET', '/', 200],
])('a body %s is not read before the answer', async (_name, method, path, status) => {
  const connection = await open();
  const length = { 'Content-Length': String(UNCOUNTED_BODY_BYTES + 1) };
  connection.write(head(method, path, { ...JSON_TYPE, ...length }));
  await connection.untilClosed();
  const [reply] = repliesIn(connection.heard);
  expect([reply?.status, reply?.headers['connection']]).toEqual([status, 'close']);
});

it('refuses JSON that is too expensive to decode while it is still arriving', async () => {
  const connection = await open();
  connection.write(head('POST', REFRESH, { ...JSON_TYPE, 'Content-Length': String(MAX_REFRESH_BODY_BYTES) }));
  const formats = Array.from({ length: 10_000 }, (_, index) => `"type-${index}":1`).join(',');
  connection.write(`{"assertion-max-formats":{${formats},`);
  expect(refusalIn(await connection.untilClosed())).toEqual([
    413,
    'too-large',
    `cannot read request: it has more than ${MAX_JSON_NAMES} different names`,
  ]);
});

it.each(['GET', 'POST'])('refuses a chunked body before it reads any of it (%s)', async (method) => {
  const connection = await open();
  connection.write(head(method, REFRESH, CHUNKED) + chunk(' ').repeat(15_000));
  expect(refusalIn(await connection.untilClosed())).toEqual([
    411,
    'invalid-request',
    'cannot read request: its body is chunked; send it with a Content-Length',
  ]);
});

it('accepts the largest refresh that a device sends', async () => {
  const indexes = (count: number) => Array.from({ length: count }, (_, index) => index);
  const snapId = 'x'.repeat(32);
  const context = indexes(1_000).map((index) => ({
    'instance-key': `key-${index}`,
    'snap-id': snapId,
    'tracking-channel': 'latest/stable',
    revision: index,
    epoch: { read: [0, 1], write: [1] },
  }));
  const assertions = indexes(1_000).map((index) => ({
    type: 'snap-declaration',
    'primary-key': ['16', snapId],
    'if-newer-than': index,
  }));
  const actions = [
    ...context.map((entry) => ({ action: 'refresh', ...entry })),
    { action: 'fetch-assertions', key: 'group', assertions },
  ];
  const body = JSON.stringify({ context, actions });
  expect(body.length).toBeGreaterThan(2 * MAX_BODY_BYTES);
  const reply = await send(port, { method: 'POST', path: REFRESH, headers: JSON_TYPE, body });
  expect(reply.status).toBe(200);
});

it('requires the management password before it reads the body', async () => {
  const connection = await open();
  const headers = { ...JSON_TYPE, 'Content-Length': String(MAX_OVERRIDES_BODY_BYTES) };
  connection.write(head('POST', '/v2/metadata/overrides', headers));
  expect((await connection.untilHeard('\r\n\r\n')).startsWith('HTTP/1.1 401 ')).toBe(true);
  expect(connection.heard).toMatch(/www-authenticate: Basic/i);
});

it('keeps unfinished bodies of one address up to a limit, and continues with others', async () => {
  const half = 'x'.repeat(MAX_BODIES_PER_ADDRESS_BYTES / 4);
  const begin = head('POST', REFRESH, { ...JSON_TYPE, 'Content-Length': String(MAX_REFRESH_BODY_BYTES) });
  const held = await Promise.all([1, 2, 3, 4].map(async () => await open()));
  for (const connection of held) connection.write(`${begin}"${half.slice(1)}`);
  const over = await open();
  over.write(`${begin}"xx`);
  // One of those that send a byte too many is refused.
  const refused = await Promise.race([...held, over].map(async (one) => await one.untilClosed()));
  expect(refusalIn(refused).slice(0, 2)).toEqual([429, 'too-many-requests']);
  expect(refused).toMatch(/\r\nretry-after: \d+\r\n/);
  const other = await open('127.0.0.2');
  const long = `{"actions":[],"context":[]}`.padEnd(4 * MAX_BODY_BYTES);
  other.write(head('POST', REFRESH, { ...JSON_TYPE, 'Content-Length': String(long.length) }) + long);
  await other.untilHeard('\r\n\r\n');
  expect(other.status).toBe(200);
});

it('times out if a body does not arrive', async () => {
  const server = world.store.app.getHttpServer();
  const { requestTimeout, headersTimeout } = server;
  // Node applies the longer of the two to the whole request.
  Object.assign(server, { requestTimeout: 1_000, headersTimeout: 1_000 });
  try {
    const slow = await open();
    slow.write(`${head('POST', REFRESH, { ...JSON_TYPE, 'Content-Length': '100' })}{`);
    expect(refusalIn(await slow.untilClosed()).slice(0, 2)).toEqual([408, 'invalid-request']);
  } finally {
    Object.assign(server, { requestTimeout, headersTimeout });
  }
  expect(requestTimeout).toBe(REQUEST_TIMEOUT_MS);
});

it.each(['store.lan', 'other.lan'])('refuses a request with two hosts (%s)', async (second) => {
  const connection = await open();
  connection.write(`GET / HTTP/1.1\r\nHost: store.lan\r\nhost: ${second}\r\n\r\n`);
  expect(refusalIn(await connection.untilClosed())).toEqual([
    400,
    'invalid-request',
    'cannot read request: it names more than one host',
  ]);
});
