import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BlobStoreService } from '../../../src/blobs/blob-store.service.js';
import type { TestSnap } from '../../support/test-snaps.js';
import { exchange, jsonOf, listen, send, type WireRequest } from './wire.js';
import { World } from './world.js';

const JSON_BODY = { 'content-type': 'application/json' };
const BODY_LIMIT = 8 << 20;
const REFRESH = { method: 'POST', path: '/v2/snaps/refresh', headers: JSON_BODY };

let world: World;
let snap: TestSnap;
let lost: TestSnap;
let port: number;

beforeAll(async () => {
  world = await World.start();
  snap = await world.push({ name: 'hello', revision: 1 });
  lost = await world.push({ name: 'lost', revision: 1 });
  await rm(world.store.app.get(BlobStoreService).pathOf(lost.digest));
  port = await listen(world.store.app);
});
afterAll(() => world.stop());

const download = (of: TestSnap) => `/api/v1/snaps/download/${of.snapId}_${of.revision}.snap`;
const etag = (of: TestSnap) => `"${of.digest.toString('hex')}"`;

/** Name, request, status, exact content type (undefined: none). Requests that need the snap are made late. */
const REPLIES: [string, () => WireRequest, number, string | undefined][] = [
  ['refresh', () => ({ ...REFRESH, body: '{}' }), 200, 'application/json'],
  ['refresh, invalid JSON', () => ({ ...REFRESH, body: '{"actions":' }), 400, 'application/json'],
  ['refresh, JSON that is not an object', () => ({ ...REFRESH, body: '[]' }), 400, 'application/json'],
  ['refresh, empty body', () => ({ ...REFRESH, body: '' }), 400, 'application/json'],
  ['refresh, too large', () => ({ ...REFRESH, body: ' '.repeat(BODY_LIMIT + 1) }), 413, 'application/json'],
  ['refresh by GET', () => ({ path: '/v2/snaps/refresh' }), 404, 'application/json'],
  ['info', () => ({ path: '/v2/snaps/info/hello' }), 200, 'application/json'],
  ['info, HEAD', () => ({ method: 'HEAD', path: '/v2/snaps/info/hello' }), 200, 'application/json'],
  ['info, missing', () => ({ path: '/v2/snaps/info/nothing' }), 404, 'application/json'],
  ['info, a name that is not UTF-8', () => ({ path: '/v2/snaps/info/%ff' }), 400, 'application/json'],
  ['info, an invalid escape', () => ({ path: '/v2/snaps/info/%zz' }), 400, 'application/json'],
  ['info, a NUL', () => ({ path: '/v2/snaps/info/a%00b' }), 404, 'application/json'],
  ['info, a long name', () => ({ path: `/v2/snaps/info/${'a'.repeat(1_025)}` }), 414, 'application/json'],
  ['find', () => ({ path: '/v2/snaps/find?q=hello' }), 200, 'application/json'],
  ['find, nothing found', () => ({ path: '/v2/snaps/find?q=zzzzz' }), 200, 'application/json'],
  ['find, a NUL', () => ({ path: '/v2/snaps/find?q=%00' }), 200, 'application/json'],
  ['find, an invalid channel', () => ({ path: '/v2/snaps/find?channel=a/b/c/d' }), 400, 'application/json'],
  ['categories', () => ({ path: '/v2/snaps/categories' }), 200, 'application/json'],
  ['sections', () => ({ path: '/api/v1/snaps/sections' }), 200, 'application/hal+json'],
  ['names', () => ({ path: '/api/v1/snaps/names?confinement=strict' }), 200, 'application/hal+json'],
  ['assertion', () => ({ path: '/v2/assertions/account/acme' }), 200, 'application/x.ubuntu.assertion'],
  ['assertion, missing', () => ({ path: '/v2/assertions/account/none' }), 404, 'application/problem+json'],
  ['assertion, a NUL', () => ({ path: '/v2/assertions/account/a%00' }), 404, 'application/problem+json'],
  ['assertion, unknown type', () => ({ path: '/v2/assertions/nothing/x' }), 404, 'application/json'],
  ['assertion, wrong key', () => ({ path: '/v2/assertions/account/a/b' }), 400, 'application/json'],
  ['assertion, no key', () => ({ path: '/v2/assertions/account' }), 404, 'application/json'],
  [
    'assertion, not modified',
    () => ({ path: '/v2/assertions/account/acme', headers: { 'if-none-match': '"0"' } }),
    304,
    undefined,
  ],
  [
    'store assertions, before there are any',
    () => ({ path: '/v2/auth/store/assertions' }),
    404,
    'application/json',
  ],
  ['download', () => ({ path: download(snap) }), 200, 'application/octet-stream'],
  ['download, HEAD', () => ({ method: 'HEAD', path: download(snap) }), 200, 'application/octet-stream'],
  [
    'download, range',
    () => ({ path: download(snap), headers: { range: 'bytes=5-' } }),
    206,
    'application/octet-stream',
  ],
  [
    'download, not modified',
    () => ({ path: download(snap), headers: { 'if-none-match': etag(snap) } }),
    304,
    undefined,
  ],
  [
    'download, range beyond the end',
    () => ({ path: download(snap), headers: { range: 'bytes=99999999-' } }),
    416,
    undefined,
  ],
  ['download, unknown', () => ({ path: '/api/v1/snaps/download/x_1.snap' }), 404, 'application/json'],
  ['download, a NUL', () => ({ path: '/api/v1/snaps/download/%00_1.snap' }), 404, 'application/json'],
  ['download, a missing file', () => ({ path: download(lost) }), 500, 'application/json'],
  [
    'download, HEAD, a missing file',
    () => ({ method: 'HEAD', path: download(lost) }),
    500,
    'application/json',
  ],
  ['root', () => ({ path: '/' }), 200, 'text/plain'],
  ['root, HEAD', () => ({ method: 'HEAD', path: '/' }), 200, 'text/plain'],
  ['check', () => ({ path: '/_status/check' }), 200, 'application/json'],
  ['check, HEAD', () => ({ method: 'HEAD', path: '/_status/check' }), 200, 'application/json'],
  ['unknown path', () => ({ path: '/nothing/here' }), 404, 'application/json'],
  ['unknown path, HEAD', () => ({ method: 'HEAD', path: '/nothing' }), 404, 'application/json'],
  [
    'unknown path, PUT',
    () => ({ method: 'PUT', path: '/v2/snaps/refresh', body: '{}' }),
    404,
    'application/json',
  ],
  [
    'another series',
    () => ({ path: '/v2/snaps/info/hello', headers: { 'snap-device-series': '17' } }),
    400,
    'application/json',
  ],
  [
    'an invalid architecture',
    () => ({ path: '/v2/snaps/info/hello?architecture=A/B' }),
    400,
    'application/json',
  ],
  [
    'a repeated parameter',
    () => ({ path: '/v2/snaps/info/hello?architecture=amd64&architecture=arm64' }),
    400,
    'application/json',
  ],
];

describe('on the wire', () => {
  it.each(REPLIES)('%s: status, exact content type, store version', async (_name, make, status, type) => {
    const reply = await send(port, make());
    expect([reply.status, reply.headers['content-type']]).toEqual([status, type]);
    expect(reply.headers['snap-store-version']).toMatch(/^(?:6\d|[7-9]\d)$/);
    expect(reply.headers['content-encoding']).toBeUndefined();
    if (make().method === 'HEAD' || status === 304) expect(reply.body).toHaveLength(0);
    if (status >= 400 && type === 'application/json' && make().method !== 'HEAD')
      expect(jsonOf(reply)).toEqual({
        'error-list': [{ code: expect.any(String) as string, message: expect.any(String) as string }],
      });
  });

  it('reveals no internals on an error', async () => {
    const reply = await send(port, { path: download(lost) });
    expect(jsonOf(reply)).toEqual({
      'error-list': [{ code: 'storage-failed', message: 'the store cannot answer now, see its log' }],
    });
  });

  it('accepts a body of exactly the limit', async () => {
    const reply = await send(port, { ...REFRESH, body: '{}'.padEnd(BODY_LIMIT) });
    expect([reply.status, jsonOf(reply)]).toEqual([200, { results: [], 'error-list': [] }]);
  });

  it('also answers an invalid request line with the store version', async () => {
    expect(await exchange(port, 'GARBAGE\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 400 [^]*snap-store-version: \d+\r\n/i,
    );
  });
});
