import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestSnap } from '../../support/test-snaps.js';
import { install } from './refresh-actions.js';
import { jsonOf, listen, send, type WireRequest } from './wire.js';
import { at, World } from './world.js';

let world: World;
let snap: TestSnap;
let port: number;

beforeAll(async () => {
  world = await World.start();
  snap = await world.push({ name: 'hello', revision: 1 });
  await world.push({ name: 'hello', revision: 2, architectures: ['arm64'] });
  await world.push({ name: 'snapd', revision: 5, type: 'snapd' });
  port = await listen(world.store.app);
});
afterAll(() => world.stop());

/** What snapd may send besides what an endpoint needs; a device without a session sends no authorisation. */
const COMMON: Record<string, string> = {
  'User-Agent': 'snapd/2.77 (series 16; classic) debian/12 (amd64) linux/6.1.0',
  'Accept-Encoding': 'gzip',
  'Snap-Classic': 'true',
  'Snap-Device-Capabilities': 'default-tracks',
  'Snap-Device-Location': 'cloud-name="aws" region="eu" availability-zone="eu-1"',
  'Snap-Device-Store': 'some-store',
  'Snap-CDN': 'none',
  'Snap-Accept-Delta-Format': 'snap-1-1-xdelta3,xdelta3',
  'Snap-Refresh-Reason': 'scheduled',
  'Snap-Refresh-Managed': 'true',
  'Snap-Client-User-Agent': 'snap/2.77',
  Authorization: 'Macaroon root="b", discharge="c"',
};
const V1 = {
  'X-Ubuntu-Series': '16',
  'X-Ubuntu-Architecture': 'amd64',
  'X-Ubuntu-Classic': 'true',
  'X-Ubuntu-Wire-Protocol': '1',
  'X-Ubuntu-Store': 'some-store',
};
const V2 = { 'Snap-Device-Series': '16', 'Snap-Device-Architecture': 'amd64' };

const REFRESH: WireRequest = {
  method: 'POST',
  path: '/v2/snaps/refresh',
  body: JSON.stringify({ context: [], actions: [install('hello')] }),
};
const REQUESTS: [string, () => WireRequest][] = [
  ['refresh', () => REFRESH],
  ['info', () => ({ path: '/v2/snaps/info/hello?architecture=amd64' })],
  ['find', () => ({ path: '/v2/snaps/find?q=hello&architecture=amd64&confinement=strict&channel=stable' })],
  ['categories', () => ({ path: '/v2/snaps/categories' })],
  ['sections', () => ({ path: '/api/v1/snaps/sections' })],
  ['names', () => ({ path: '/api/v1/snaps/names?confinement=strict,classic' })],
  ['an assertion', () => ({ path: '/v2/assertions/account/acme?max-format=0' })],
  ['a download', () => ({ path: `/api/v1/snaps/download/${snap.snapId}_1.snap` })],
  ['messages', () => ({ method: 'POST', path: '/v2/messages', body: '{"limit":10}' })],
];

describe.each(REQUESTS)('%s', (_name, make) => {
  it.each([
    ['the v2 names', { ...V2, ...COMMON, Accept: '' }],
    ['the v1 names', { ...V1, ...COMMON, Accept: '' }],
    ['both', { ...V1, ...V2, ...COMMON, Accept: '*/*' }],
  ])('answers the same with all headers of snapd, by %s', async (_family, headers) => {
    const plain = await send(port, make());
    const full = await send(port, { ...make(), headers });
    expect([plain.status, full.status]).toEqual([200, 200]);
    expect(full.headers['content-type']).toBe(plain.headers['content-type']);
    expect(full.headers['content-encoding']).toBeUndefined();
    expect(full.body.equals(plain.body)).toBe(true);
  });
});

it('HEAD has the same status and type as GET, and no body', async () => {
  for (const [name, make] of REQUESTS) {
    const request = make();
    if (request.method !== undefined) continue;
    const [whole, head] = [await send(port, request), await send(port, { ...request, method: 'HEAD' })];
    expect([name, head.status, head.headers['content-type'], head.body.length]).toEqual([
      name,
      whole.status,
      whole.headers['content-type'],
      0,
    ]);
  }
});

describe('the architecture', () => {
  const revision = async (headers: Record<string, string>) =>
    at(jsonOf(await send(port, { ...REFRESH, headers })), 'results', '0', 'snap', 'revision');

  it.each([
    ['of the v2 name', { 'Snap-Device-Architecture': 'arm64' }, 2],
    ['of the v1 name', { 'X-Ubuntu-Architecture': 'arm64' }, 2],
    [
      'of the v2 name before the v1 name',
      { 'Snap-Device-Architecture': 'amd64', 'X-Ubuntu-Architecture': 'arm64' },
      1,
    ],
    ['of neither name', {}, 1],
  ])('%s selects the revision', async (_what, headers: Record<string, string>, expected) => {
    expect(await revision(headers)).toBe(expected);
  });

  it.each(['Snap-Device-Series', 'X-Ubuntu-Series'])('%s other than 16 is refused', async (name) => {
    const reply = await send(port, { ...REFRESH, headers: { [name]: '18' } });
    expect([reply.status, reply.headers['content-type']]).toEqual([400, 'application/json']);
  });
});

describe('the automatic requests of snapd', () => {
  it('the connectivity check: info of snapd, then HEAD of its file', async () => {
    const info = jsonOf(
      await send(port, { path: '/v2/snaps/info/snapd?architecture=amd64&fields=download' }),
    );
    const { host, pathname } = new URL(String(at(info, 'channel-map', '0', 'download', 'url')));
    const head = await send(port, { method: 'HEAD', path: pathname });
    expect([host, head.status, head.body.length]).toEqual([`127.0.0.1:${port}`, 200, 0]);
  });

  it('whether themes are there: info of the one field channel-map', async () => {
    const info = jsonOf(
      await send(port, { path: '/v2/snaps/info/hello?fields=channel-map&architecture=amd64' }),
    );
    expect([at(info, 'name'), at(info, 'snap', 'snap-id')]).toEqual(['hello', snap.snapId]);
    expect(at(info, 'channel-map', '0', 'channel')).toMatchObject({ track: 'latest', risk: 'stable' });
  });

  it.each([
    'GET /v2/repairs/canonical/1',
    'GET /v2/repairs/brand/1',
    'GET /api/v1/snaps/purchases/orders',
    'GET /api/v1/snaps/purchases/customers/me',
    'POST /api/v1/snaps/purchases/buy',
  ])('%s is refused with a message', async (request) => {
    const [method = '', path = ''] = request.split(' ');
    const reply = await send(port, { method, path });
    expect([reply.status, reply.headers['content-type']]).toEqual([404, 'application/json']);
    expect(at(jsonOf(reply), 'error-list', '0', 'code')).toBe('resource-not-found');
  });
});
