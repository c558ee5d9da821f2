import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  MAX_OUTGOING_ANSWER_BYTES,
  type OutgoingConnection,
} from '../../../src/outgoing/outgoing-connection.js';
import { OutgoingHttpService } from '../../../src/outgoing/outgoing-http.service.js';
import { ATTEMPTS, RetryService } from '../../../src/outgoing/retry.service.js';
import { AIRGAP } from '../../../src/settings/mode.settings.js';
import { SettingsService } from '../../../src/settings/settings.service.js';
import { StoreApp } from '../../support/store-app.js';
import { WebServer } from '../../support/web-server.js';

let store: StoreApp;
let web: WebServer;
let other: WebServer;
let connection: OutgoingConnection;
let waits: number[];

class NoPause extends RetryService {
  override for(ms: number): Promise<void> {
    waits.push(ms);
    return Promise.resolve();
  }
}

function outgoing(): OutgoingHttpService {
  return new OutgoingHttpService(store.app.get(SettingsService), new NoPause());
}

beforeAll(async () => {
  store = await StoreApp.start();
});
afterAll(() => store.stop());
beforeEach(async () => {
  [web, other] = [await WebServer.start(), await WebServer.start()];
  waits = [];
  connection = await outgoing().open('ask');
});
afterEach(async () => {
  await connection.close();
  await Promise.all([web.stop(), other.stop()]);
});

const get = async (path = '/') => await connection.request({ method: 'GET', url: new URL(path, web.url) });
const failure = async (asking: Promise<unknown>) =>
  await asking.then(
    () => ({ message: 'it succeeded' }),
    (error: Error) => error,
  );

it('returns status, headers and body of any answer', async () => {
  web.answer = (_, reply) => reply.writeHead(404, { 'X-Two': ['a', 'b'] }).end('no');
  const { status, headers, body } = await get();
  expect({ status, two: headers['x-two'], body: body.toString() }).toEqual({
    status: 404,
    two: 'a, b',
    body: 'no',
  });
});

describe('a request that may succeed later', () => {
  it.each([429, 500, 503])(
    'is sent again after %i, after the pause that the server asks for',
    async (status) => {
      web.answer = (_, reply) =>
        web.asked.length < 3 ? reply.writeHead(status, { 'Retry-After': '3' }).end() : reply.end('at last');
      expect((await get()).body.toString()).toBe('at last');
      expect(waits).toEqual([3_000, 3_000]);
    },
  );

  it('returns the last answer if all attempts fail', async () => {
    web.answer = (_, reply) => reply.writeHead(503).end('down');
    expect(await get()).toMatchObject({ status: 503 });
    expect(web.asked).toHaveLength(ATTEMPTS);
  });

  it('returns the answer at once if the server asks for too long a pause', async () => {
    web.answer = (_, reply) => reply.writeHead(429, { 'Retry-After': '86400' }).end();
    expect(await get()).toMatchObject({ status: 429 });
    expect(web.asked).toHaveLength(1);
  });

  it('is sent again if the connection is cut, in the head or in the body', async () => {
    web.answer = (_, reply) => {
      if (web.asked.length === 1) return reply.destroy();
      if (web.asked.length > 2) return reply.end('whole');
      reply.writeHead(200, { 'Content-Length': '1000' }).write('half');
      return setImmediate(() => reply.destroy());
    };
    expect((await get()).body.toString()).toBe('whole');
    expect(web.asked).toHaveLength(3);
  });

  it('is not sent again as a POST, unless it is marked repeatable', async () => {
    web.answer = (_, reply) => reply.writeHead(503).end();
    const url = web.url;
    expect(await connection.request({ method: 'POST', url, body: 'x' })).toMatchObject({ status: 503 });
    expect(web.asked).toMatchObject([{ method: 'POST', body: 'x' }]);
    await connection.request({ method: 'POST', url, body: 'x', repeatable: true });
    expect(web.asked).toHaveLength(1 + ATTEMPTS);
  });
});

describe('redirects', () => {
  it('are followed, and another host gets no credentials', async () => {
    web.answer = ({ path }, reply) =>
      reply.writeHead(302, { Location: path === '/' ? '/second' : new URL('/third', other.url).href }).end();
    other.answer = (_, reply) => reply.end('found');
    const headers = { authorization: 'secret', 'snap-device-series': '16' };
    const answer = await connection.request({ method: 'GET', url: web.url, headers });
    expect(answer.body.toString()).toBe('found');
    expect(answer.url.href).toBe(new URL('/third', other.url).href);
    expect(web.asked.map((asked) => asked.headers.authorization)).toEqual(['secret', 'secret']);
    expect(other.asked[0]?.headers).toMatchObject({ 'snap-device-series': '16' });
    expect(other.asked[0]?.headers.authorization).toBeUndefined();
  });

  it.each([
    ['/', 'redirects more than 10 times'],
    ['ftp://x/', 'redirects to ftp://'],
    ['http://[', 'redirects to an invalid URL'],
  ])('to %s are refused', async (location, message) => {
    web.answer = (_, reply) => reply.writeHead(301, { Location: location }).end();
    expect((await failure(get())).message).toContain(message);
  });

  it('of a POST are refused', async () => {
    web.answer = (_, reply) => reply.writeHead(302, { Location: '/' }).end();
    expect((await failure(connection.request({ method: 'POST', url: web.url }))).message).toContain(
      'it redirects to /',
    );
  });
});

it.each([
  [MAX_OUTGOING_ANSWER_BYTES, 'it succeeded'],
  [MAX_OUTGOING_ANSWER_BYTES + 1, `it is longer than ${MAX_OUTGOING_ANSWER_BYTES} bytes`],
])('reads an answer of %i bytes: %s', async (bytes, message) => {
  web.answer = (_, reply) => reply.end(Buffer.alloc(bytes));
  expect((await failure(get())).message).toContain(message);
});

it('reports in one line that nothing listens', async () => {
  await web.stop();
  expect((await failure(get())).message).toBe(`cannot reach ${web.url.origin}: nothing listens there`);
  web = await WebServer.start();
});

it('reports in one line that the host does not exist', async () => {
  const url = new URL('http://nowhere.invalid');
  expect((await failure(connection.request({ method: 'GET', url }))).message).toMatch(
    /^cannot reach http:\/\/nowhere\.invalid: (?:there is no such host|its name cannot be looked up now)$/,
  );
});

it('opens no connection in air-gapped mode', async () => {
  await store.app.get(SettingsService).record([[AIRGAP, 'true']]);
  expect((await failure(outgoing().open('fetch snaps'))).message).toMatch(
    /^cannot fetch snaps: the store is in air-gapped mode/,
  );
});
