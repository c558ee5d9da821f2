import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestToHex } from '../../../src/common/crypto/digest.js';
import { MAX_OLD_METADATA_SNAPS } from '../../../src/common/limits.js';
import type { TestSnap } from '../../support/test-snaps.js';
import { at, HOST, ORIGIN, World } from './world.js';

const HAL_JSON = 'application/hal+json';

/** As snapd 2.32.5, of Ubuntu 18.04's first images, sends them. */
const HEADERS = {
  accept: HAL_JSON,
  'user-agent': 'snapd/2.32.5 (series 16; classic) ubuntu/18.04 (amd64)',
  'x-ubuntu-architecture': 'amd64',
  'x-ubuntu-classic': 'true',
  'x-ubuntu-no-cdn': 'false',
  'x-ubuntu-series': '16',
  'x-ubuntu-wire-protocol': '1',
};
const FIELDS =
  'anon_download_url,architecture,channel,download_sha3_384,summary,description,deltas,binary_filesize,download_url,' +
  'epoch,icon_url,last_updated,package_name,prices,publisher,ratings_average,revision,screenshot_urls,snap_id,license,' +
  'base,support_url,contact,title,content,version,origin,developer_id,private,confinement,channel_maps_list';

let world: World;
let one: TestSnap;
let two: TestSnap;

beforeAll(async () => {
  world = await World.start();
  one = await world.push({ name: 'hello', revision: 1 });
  two = await world.push({ name: 'hello', revision: 2, yaml: 'epoch: 1*\n' }, [
    'latest/beta',
    '2.0/candidate',
  ]);
  await world.push({ name: 'hello', revision: 3, architectures: ['arm64'] }, ['latest/edge']);
  await world.push({ name: 'snapd', revision: 5, type: 'snapd' });
  await world.push({ name: 'core', revision: 6, type: 'os', architectures: ['all'] }, ['latest/stable']);
});
afterAll(() => world.stop());

const get = async (path: string) => await world.get(`/api/v1/snaps/${path}`, HEADERS);

async function details(name: string, query = ''): Promise<Record<string, unknown>> {
  const reply = await get(`details/${name}?${query}`);
  expect([reply.statusCode, reply.headers['content-type']]).toEqual([200, HAL_JSON]);
  return reply.json<Record<string, unknown>>();
}

function packagesIn(reply: { body: string; statusCode: number; headers: object }): Record<string, unknown>[] {
  expect([reply.statusCode, at(reply.headers, 'content-type')]).toEqual([200, HAL_JSON]);
  expect(reply.body.startsWith('{"_embedded":{"clickindex:package":[')).toBe(true);
  return at(JSON.parse(reply.body), '_embedded', 'clickindex:package') as Record<string, unknown>[];
}

async function metadata(snaps: readonly object[], fields = FIELDS.split(','), headers: object = {}) {
  return await world.store.app.inject({
    method: 'POST',
    url: '/api/v1/snaps/metadata',
    headers: { host: HOST, 'content-type': 'application/json', ...HEADERS, ...headers },
    payload: JSON.stringify({ snaps, fields }),
  });
}

describe('the details of a snap, which snapd before 2.33 uses to install', () => {
  it('are whole', async () => {
    const url = `${ORIGIN}/api/v1/snaps/download/${one.snapId}_1.snap`;
    expect(await details('hello', `channel=stable&fields=${FIELDS}`)).toEqual({
      package_name: 'hello',
      snap_id: one.snapId,
      title: 'hello',
      summary: 'Summary of hello',
      description: expect.any(String) as string,
      contact: '',
      support_url: '',
      prices: {},
      private: false,
      ratings_average: 0,
      publisher: 'Acme Corp',
      origin: 'acme',
      developer_id: 'acme',
      icon_url: '',
      screenshot_urls: [],
      revision: 1,
      version: '1.0',
      architecture: ['amd64'],
      channel: 'stable',
      content: 'application',
      confinement: 'strict',
      epoch: '0',
      last_updated: expect.stringMatching(/^20\d\d-.*Z$/) as string,
      anon_download_url: url,
      download_url: url,
      download_sha3_384: digestToHex(one.digest),
      binary_filesize: one.bytes.length,
      deltas: [],
      channel_maps_list: [
        {
          track: 'latest',
          map: [
            {
              channel: 'stable',
              info: 'released',
              revision: 1,
              version: '1.0',
              confinement: 'strict',
              epoch: '0',
              binary_filesize: one.bytes.length,
            },
            { channel: 'candidate', info: '' },
            {
              channel: 'beta',
              info: 'released',
              revision: 2,
              version: '2.0',
              confinement: 'strict',
              epoch: '1*',
              binary_filesize: two.bytes.length,
            },
            { channel: 'edge', info: '' },
          ],
        },
        {
          track: '2.0',
          map: [
            { channel: '2.0/stable', info: '' },
            {
              channel: '2.0/candidate',
              info: 'released',
              revision: 2,
              version: '2.0',
              confinement: 'strict',
              epoch: '1*',
              binary_filesize: two.bytes.length,
            },
            { channel: '2.0/beta', info: '' },
            { channel: '2.0/edge', info: '' },
          ],
        },
      ],
    });
    const file = await world.get(new URL(url).pathname, HEADERS);
    expect(file.rawPayload.equals(one.bytes)).toBe(true);
  });

  it.each([
    ['channel=stable', [1, 'stable']],
    ['channel=candidate', [1, 'stable']],
    ['channel=beta', [2, 'beta']],
    ['channel=edge', [2, 'beta']],
    ['channel=2.0/edge', [2, '2.0/candidate']],
    ['channel=', [1, 'stable']],
    ['', [1, 'stable']],
    ['revision=2&channel=', [2, undefined]],
  ])('of %s', async (query, expected) => {
    const found = await details('hello', query);
    expect([found['revision'], found['channel']]).toEqual(expected);
  });

  it.each([
    ['hello?channel=9.x/stable', 404],
    ['hello?revision=3&channel=', 404],
    ['hello?revision=99&channel=', 404],
    ['nothing?channel=stable', 404],
    ['hello?channel=a/b/c/d', 400],
    ['hello?revision=x', 400],
    ['hello?channel=stable&channel=edge', 400],
  ])('are not found: %s', async (path, status) => {
    expect((await get(`details/${path}`)).statusCode).toBe(status);
  });

  it('give snapd the type application, because these snapds do not know its type', async () => {
    expect((await details('snapd', 'channel=stable'))['content']).toBe('application');
    expect((await details('core', 'channel=stable'))['content']).toBe('os');
  });
});

describe('the metadata of installed snaps, which snapd before 2.33 uses to refresh', () => {
  const entry = (snap: TestSnap, members: object = {}) => ({
    snap_id: snap.snapId,
    channel: 'stable',
    revision: snap.revision,
    epoch: '0',
    confinement: '',
    ...members,
  });

  it('offer the revision of each channel', async () => {
    const found = packagesIn(await metadata([entry(one), entry(one, { snap_id: 'x'.repeat(32) })]));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ snap_id: one.snapId, revision: 1, channel: 'stable', epoch: '0' });
    const [moved] = packagesIn(await metadata([entry(one, { channel: 'beta' })], ['revision', 'snap_id']));
    expect(moved).toEqual({ revision: 2, snap_id: one.snapId });
  });

  it.each(['0', '', undefined, { read: [0], write: [0] }])('respect an epoch %j', async (epoch) => {
    expect(packagesIn(await metadata([entry(one, { channel: 'beta', epoch })]))).toHaveLength(1);
    const far = packagesIn(await metadata([entry(one, { channel: 'beta', epoch: '7' })]));
    expect(far.map(({ revision }) => revision)).toEqual([1]);
  });

  it('are refused in a form that no snapd sends', async () => {
    for (const snaps of [[{}], [[]], [{ snap_id: 1 }]]) expect((await metadata(snaps)).statusCode).toBe(400);
    expect((await metadata(Array.from({ length: 200 }, () => entry(one)))).statusCode).toBe(200);
  });

  it('are limited to a number of snaps', async () => {
    const most = Array.from({ length: MAX_OLD_METADATA_SNAPS }, () => ({ snap_id: one.snapId }));
    expect((await metadata(most)).statusCode).toBe(200);
    const over = await metadata([...most, { snap_id: one.snapId }]);
    expect([over.statusCode, over.body]).toEqual([
      400,
      expect.stringContaining(`it has more than ${MAX_OLD_METADATA_SNAPS} snaps; request fewer at a time`),
    ]);
  });
});

describe('the search of snapd before 2.44', () => {
  const names = async (query: string) =>
    packagesIn(await get(`search?${query}&confinement=strict,classic`)).map((found) => found['package_name']);

  it.each([
    ['q=hello', ['hello']],
    ['name=hel', ['hello']],
    ['q=nothing-like-it', []],
    ['q=hello&channel=2.0/stable', []],
    ['q=&section=featured', ['core', 'hello', 'snapd']],
    ['q=hello&section=games', []],
    ['q=hello&private=true', []],
  ])('finds by %s', async (query, expected) => {
    expect(await names(query)).toEqual(expected);
  });

  it('answers with the requested fields', async () => {
    const [found] = packagesIn(await get('search?q=hello&fields=package_name,version,summary,channel'));
    expect(found).toEqual({
      package_name: 'hello',
      version: '1.0',
      summary: 'Summary of hello',
      channel: 'stable',
    });
  });
});
