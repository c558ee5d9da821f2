import { randomBytes } from 'node:crypto';
import { truncate } from 'node:fs/promises';
import { Agent } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BlobStoreService } from '../../../src/blobs/blob-store.service.js';
import type { TestSnap } from '../../support/test-snaps.js';
import { exchange, listen, repliesIn, send } from './wire.js';
import { World } from './world.js';

let world: World;
let port: number;
let snap: TestSnap;
let path: string;
let etag: string;

beforeAll(async () => {
  world = await World.start();
  snap = await world.push({ name: 'hello', revision: 1, padding: randomBytes(3_000_000) });
  path = pathOf(snap);
  etag = `"${snap.digest.toString('hex')}"`;
  port = await listen(world.store.app);
});
afterAll(() => world.stop());

const pathOf = ({ snapId, revision }: TestSnap) => `/api/v1/snaps/download/${snapId}_${revision}.snap`;
const get = async (headers: Record<string, string> = {}, method = 'GET') =>
  await send(port, { method, path, headers });
const last = () => snap.bytes.length - 1;

describe('the whole file', () => {
  it('has its exact length and no encoding, even if the client accepts one', async () => {
    const reply = await get({ accept: '', 'accept-encoding': 'gzip, br' });
    expect(reply.body.equals(snap.bytes)).toBe(true);
    expect(reply.headers).toMatchObject({
      'content-length': String(snap.bytes.length),
      'accept-ranges': 'bytes',
      etag,
      'content-disposition': `attachment; filename="${snap.snapId}_1.snap"`,
    });
    for (const name of ['content-encoding', 'transfer-encoding', 'content-range'])
      expect([name, reply.headers[name]]).toEqual([name, undefined]);
  });

  it.each([{}, { range: 'bytes=5-' }, { range: 'bytes=99999999-' }])(
    'has the same headers as HEAD, with %j',
    async (headers) => {
      const reply = await get(headers, 'HEAD');
      expect([reply.status, reply.body.length, reply.headers['content-length'], reply.headers.etag]).toEqual([
        200,
        0,
        String(snap.bytes.length),
        etag,
      ]);
    },
  );

  it('is served to eight clients at once', async () => {
    const replies = await Promise.all(Array.from({ length: 8 }, () => get()));
    expect(replies.map(({ body }) => body.equals(snap.bytes))).toEqual(Array.from({ length: 8 }, () => true));
  });
});

describe('ranges', () => {
  const end = 1 << 20;

  it.each([
    ['from the start', () => 'bytes=0-', () => [0, last()]],
    ['from within', () => 'bytes=12345-', () => [12_345, last()]],
    ['across pieces', () => `bytes=${end - 1}-`, () => [end - 1, last()]],
    ['one piece', () => `bytes=${end}-${2 * end - 1}`, () => [end, 2 * end - 1]],
    ['the last byte', () => `bytes=${last()}-`, () => [last(), last()]],
    ['one byte', () => 'bytes=7-7', () => [7, 7]],
    ['beyond the end', () => 'bytes=10-999999999', () => [10, last()]],
    ['the tail', () => 'bytes=-100', () => [last() - 99, last()]],
    ['a tail longer than the file', () => 'bytes=-999999999', () => [0, last()]],
  ])('%s', async (_name, range, bounds) => {
    const [from = 0, to = 0] = bounds();
    const reply = await get({ range: range() });
    expect([reply.status, reply.headers['content-range'], reply.headers['content-length']]).toEqual([
      206,
      `bytes ${from}-${to}/${snap.bytes.length}`,
      String(to - from + 1),
    ]);
    expect(reply.body.equals(snap.bytes.subarray(from, to + 1))).toBe(true);
  });

  it.each(['bytes=0-1,5-6', 'bytes=5-2', 'bytes=-', 'bytes=x-', 'lines=1-2', 'bytes 0-1', 'bytes=0x1-', ''])(
    '%j is answered with the whole file',
    async (range) => {
      const reply = await get({ range });
      expect([reply.status, reply.body.equals(snap.bytes), reply.headers['content-range']]).toEqual([
        200,
        true,
        undefined,
      ]);
    },
  );

  it.each([() => `bytes=${snap.bytes.length}-`, () => 'bytes=9999999999999999-', () => 'bytes=-0'])(
    'cannot be satisfied (%#)',
    async (range) => {
      const reply = await get({ range: range() });
      expect([reply.status, reply.headers['content-range'], reply.body.length]).toEqual([
        416,
        `bytes */${snap.bytes.length}`,
        0,
      ]);
    },
  );
});

describe('conditions', () => {
  it.each([
    ['the tag', () => etag, 206],
    ['another tag', () => '"0"', 200],
    ['a weak tag', () => `W/${etag}`, 200],
    ['a date', () => 'Wed, 21 Oct 2026 07:28:00 GMT', 200],
  ])('If-Range: %s', async (_name, condition, status) => {
    const reply = await get({ range: 'bytes=5-', 'if-range': condition() });
    expect([reply.status, reply.body.equals(snap.bytes.subarray(status === 206 ? 5 : 0))]).toEqual([
      status,
      true,
    ]);
  });

  it.each([
    ['the tag', () => etag, 304],
    ['a weak one', () => `W/${etag}`, 304],
    ['among others', () => `"x", ${etag}`, 304],
    ['any', () => '*', 304],
    ['another', () => '"x"', 200],
  ])('If-None-Match: %s', async (_name, condition, status) => {
    const reply = await get({ 'if-none-match': condition() });
    expect([reply.status, reply.body.length, reply.headers.etag]).toEqual([
      status,
      status === 304 ? 0 : snap.bytes.length,
      etag,
    ]);
  });
});

describe('names', () => {
  it.each([
    'x',
    'x_1',
    '_1.snap',
    'ID_0.snap',
    'ID_01.snap',
    'ID_2.snap',
    'ID_2147483648.snap',
    'ID_9999999999.snap',
    'ID_1.snap.x',
    'ID_-1.snap',
    '..%2f..%2fetc%2fpasswd',
    'ID_1.snap%00',
  ])('%s is not found', async (name) => {
    const reply = await send(port, { path: `/api/v1/snaps/download/${name.replace('ID', snap.snapId)}` });
    expect([reply.status, reply.headers['content-type']]).toEqual([404, 'application/json']);
  });
});

it.each([{}, { range: 'bytes=5-' }])(
  'a truncated file is an error before the first byte, with %j',
  async (headers) => {
    const short = await world.push({ name: 'short', revision: 1 });
    await truncate(world.store.app.get(BlobStoreService).pathOf(short.digest), short.bytes.length - 1);
    const reply = await send(port, { path: pathOf(short), headers });
    expect([reply.status, reply.headers['content-type'], JSON.parse(reply.body.toString())]).toEqual([
      500,
      'application/json',
      { 'error-list': [{ code: 'storage-failed', message: expect.any(String) as string }] },
    ]);
  },
);

describe('one connection', () => {
  it('goes on after a download', async () => {
    let connections = 0;
    world.store.app.getHttpServer().on('connection', () => (connections += 1));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (const headers of [
      {},
      { range: 'bytes=5-' },
      { range: 'bytes=99999999-' },
      { 'if-none-match': etag },
    ]) {
      await send(port, { path, headers, agent });
      expect((await send(port, { method: 'HEAD', path, agent })).status).toBe(200);
    }
    expect((await send(port, { path: '/v2/snaps/info/hello', agent })).status).toBe(200);
    agent.destroy();
    expect(connections).toBe(1);
  });

  it('accepts requests that do not wait for replies', async () => {
    const request = (target: string, headers = '') =>
      `GET ${target} HTTP/1.1\r\nHost: store.lan\r\n${headers}\r\n`;
    const heard = await exchange(
      port,
      [
        request(path),
        request('/v2/snaps/info/hello'),
        request(path, 'Range: bytes=5-\r\n'),
        request('/nothing'),
        request(path, 'Connection: close\r\n'),
      ].join(''),
    );
    const replies = repliesIn(heard);
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 206, 404, 200]);
    expect(
      [0, 2, 4].map((index) => replies[index]?.body.equals(snap.bytes.subarray(index === 2 ? 5 : 0))),
    ).toEqual([true, true, true]);
    expect(JSON.parse(replies[1]?.body.toString() ?? '')).toMatchObject({ name: 'hello' });
  });

  it('serves HTTP/1.0 without Host, and closes', async () => {
    const [reply] = repliesIn(await exchange(port, `GET ${path} HTTP/1.0\r\n\r\n`));
    expect([reply?.status, reply?.body.equals(snap.bytes)]).toEqual([200, true]);
  });
});
