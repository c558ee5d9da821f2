import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Assertion } from '../../../src/assertions/format/assertion.js';
import { encodeStream } from '../../../src/assertions/format/stream.js';
import { BrandStoresService } from '../../../src/brand-stores/brand-stores.service.js';
import { SnapStoreService } from '../../../src/brand-stores/snap-store.service.js';
import { CategoriesService } from '../../../src/catalogue/categories.service.js';
import { digestToBase64url, sha3_384 } from '../../../src/common/crypto/digest.js';
import { DeltaWorkerService } from '../../../src/deltas/delta-worker.service.js';
import { createServer } from '../../../src/server.js';
import { poll } from '../../support/poll.js';
import { squashfsImage } from '../../support/squashfs-image.js';
import { TestDevice } from '../../support/test-device.js';
import { hasXdelta3, WITHOUT_XDELTA3 } from '../../support/xdelta3.js';
import { BrandWorld, type BrandSnap } from './brand-world.js';

const BAD = { 'snap-device-authorization': 'Macaroon root="bm90IG91cnM"' };

let world: BrandWorld;
let stores: BrandStoresService;
let snapStores: SnapStoreService;
/** A snap of `brand-main`. */
let owned: BrandSnap;
/** A snap that was never pushed. */
let absent: BrandSnap;
let ofStore: Record<string, string>;
let ofView: Record<string, string>;
let outsiders: [string, Record<string, string>][];

beforeAll(async () => {
  world = await BrandWorld.start();
  stores = world.store.app.get(BrandStoresService);
  snapStores = world.store.app.get(SnapStoreService);
  await stores.add({ storeId: 'brand-main', brandId: 'brand' });
  await stores.add({ storeId: 'brand-view', brandId: 'brand', parentId: 'brand-main' });
  await stores.add({ storeId: 'other-main', brandId: 'other' });
  owned = await world.snap(
    'house-secret',
    1,
    'brand',
    'apps:\n  a:\n    command: a\n    common-id: house-secret.desktop\n',
  );
  await world.store.push(owned.path, { claim: { storeId: 'brand-main' } });
  await world.store.app.get(CategoriesService).choose(owned.name, ['games', 'featured']);
  await world.store.heard();
  absent = await world.snap('never-pushed');
  ofStore = await world.session('brand', 'sn-store', 'brand-main');
  ofView = await world.session('brand', 'sn-view', 'brand-view');
  outsiders = await openOutsiders();
});
afterAll(() => world.store.stop());

/** Devices outside the store, with their headers. */
async function openOutsiders(): Promise<[string, Record<string, string>][]> {
  return [
    ['no session', {}],
    ['another brand', await world.session('other', 'sn-other', 'other-main')],
    ['another brand whose model names the store', await world.session('other', 'sn-sly', 'brand-main')],
    ['the brand, without a store', await world.session('brand', 'sn-plain')],
    [
      'the brand, with a store that does not exist here',
      await world.session('brand', 'sn-lost', 'brand-lost'),
    ],
    [
      'an unknown signer that claims the store',
      await world.session('brand', 'sn-made-up', 'brand-main', false),
    ],
  ];
}

function statuses(said: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(said).map(([door, text]) => [door, text.split(' ').at(-1) ?? '']));
}

describe('a snap of a brand store', () => {
  it('is visible at every endpoint for a device of the store, and of a store below it', async () => {
    for (const headers of [ofStore, ofView]) {
      const said = statuses(await world.doors(owned, headers));
      const { 'fetch-assertions newer': newer, ...others } = said;
      expect(new Set(Object.values(others))).toEqual(new Set(['there']));
      expect(newer).not.toBe('there');
    }
  });

  it('is hidden from all others, with the same answers as a snap that was never pushed', async () => {
    for (const [who, headers] of outsiders) {
      const said = await world.doors(owned, headers);
      expect([who, said]).toEqual([who, await world.doors(absent, headers)]);
      const there = Object.entries(statuses(said)).filter(([, text]) => text === 'there');
      expect([who, there]).toEqual([who, []]);
    }
  });

  it('is also hidden after a device of the store has filled the memory', async () => {
    await world.doors(owned, ofStore);
    expect(await world.doors(owned, {})).toEqual(await world.doors(absent, {}));
    await world.doors(owned, ofStore);
  });

  it('does not show its categories to others', async () => {
    for (const path of ['/v2/snaps/categories', '/api/v1/snaps/sections']) {
      expect((await world.client.get(path, ofStore)).body).toContain('games');
      expect((await world.client.get(path)).body).not.toContain('games');
    }
    expect((await world.client.get('/v2/snaps/category/games', ofStore)).statusCode).toBe(200);
    expect((await world.client.get('/v2/snaps/category/games')).statusCode).toBe(404);
  });
});

describe('an expired session', () => {
  it('must be renewed if a document about a snap is not found, whether it exists or not', async () => {
    const ask = async ({ snapId, digest }: BrandSnap) =>
      await Promise.all(
        [`snap-declaration/16/${snapId}`, `snap-revision/${digest}`].map(async (path) => {
          const { statusCode, headers, body } = await world.client.get(`/v2/assertions/${path}`, BAD);
          return [statusCode, headers['www-authenticate'], body];
        }),
      );
    const [[status, renew] = []] = await ask(owned);
    expect([status, renew]).toEqual([401, 'Macaroon refresh_device_session=1']);
    expect(await ask(owned)).toEqual(await ask(absent));
  });

  it('does not hide public documents', async () => {
    const paths = ['/v2/assertions/account/brand', '/api/v1/snaps/names', '/api/v1/snaps/sections'];
    for (const path of paths)
      expect([path, (await world.client.get(path, BAD)).statusCode]).toEqual([path, 200]);
    expect((await world.client.get('/v2/assertions/account/nobody-here', BAD)).statusCode).toBe(404);
    expect((await world.client.get('/api/v1/snaps/names', BAD)).body).not.toContain(owned.name);
  });
});

describe('the store that a model names', () => {
  const later = { store: 'brand-view', revision: '1' };
  let first: Assertion;
  let second: Assertion;
  let newest: Assertion;

  beforeAll(() => {
    const model = (headers: Record<string, string>) => world.stack.model({}, { headers });
    first = model({ store: 'brand-main' });
    second = model(later);
    newest = model({ store: 'brand-main', revision: '2' });
  });

  /** The view of the store's snap for a device of that model. */
  async function infoWith(device: TestDevice, shown: Assertion): Promise<number> {
    const opened = await world.client.ask(device, { model: shown });
    expect(opened.statusCode).toBe(200);
    const authorization = `Macaroon root="${opened.json<{ macaroon: string }>().macaroon}"`;
    const headers = { 'snap-device-authorization': authorization };
    return (await world.client.get(`/v2/snaps/info/${owned.name}`, headers)).statusCode;
  }

  it.each([
    ['the store itself holds', 'sn-own'],
    ['its known brand has signed', 'sn-known'],
  ])('applies only if its brand signed the model, for a device with a serial that %s', async (_, serial) => {
    const device = new TestDevice(world.stack, serial);
    const forge = (headers: Record<string, string>) => world.stack.model({}, { key: device.key, headers });
    await world.acknowledge(...world.stack.chain(first));
    if (serial === 'sn-own') await world.acknowledge(device.serial);
    expect(await infoWith(device, first)).toBe(200);
    expect(await infoWith(device, forge({ ...later, revision: '3' }))).toBe(404);
    expect(await infoWith(device, second)).toBe(200);
    // The store's own newer model does not verify an older one.
    await world.acknowledge(newest);
    expect(await infoWith(device, forge(later))).toBe(404);
    expect(await infoWith(device, first)).toBe(200);
    expect(await infoWith(device, second)).toBe(200);
  });
});

describe('a private snap', () => {
  let hidden: BrandSnap;
  beforeAll(async () => {
    hidden = await world.snap('house-private');
    await world.store.push(hidden.path, { claim: { storeId: 'brand-main' } });
    await snapStores.choose(hidden.name, { storeId: 'brand-main', isPrivate: true });
    await poll(
      () => found('private=true&fields=private', ofStore),
      ([first]) => first?.[1] === true,
    );
  });

  const found = async (query: string, headers: Record<string, string>) =>
    (await world.client.get(`/v2/snaps/find?${query}`, headers))
      .json<{ results: { name: string; snap: { private?: boolean } }[] }>()
      .results.map(({ name, snap }) => [name, snap.private]);

  it('is listed for a device of its store only if it requests private ones', async () => {
    expect(await found('private=true&fields=private', ofStore)).toEqual([['house-private', true]]);
    expect(await found('q=house-private&fields=private', ofStore)).not.toContainEqual([
      'house-private',
      true,
    ]);
    expect(await found('q=house-secret&fields=private', ofStore)).toEqual([['house-secret', false]]);
    expect((await world.client.get('/api/v1/snaps/names', ofStore)).body).not.toContain('house-private');
    expect(await found('private=true', {})).toEqual([]);
    for (const [, headers] of outsiders) expect(await found('private=true', headers)).toEqual([]);
  });

  it('is found by its name', async () => {
    const info = await world.client.get('/v2/snaps/info/house-private', ofStore);
    expect([info.statusCode, info.json<{ snap: { private: boolean } }>().snap.private]).toEqual([200, true]);
    expect((await world.client.get('/v2/snaps/info/house-private')).statusCode).toBe(404);
  });

  it('stays private when it is pushed again into its store', async () => {
    const next = await world.snap('house-private', 2);
    await world.store.push(next.path, { claim: { storeId: 'brand-main' } });
    expect(await found('private=true&fields=private', ofStore)).toEqual([['house-private', true]]);
  });
});

describe('with two units', () => {
  it('a snap is hidden and shown again, for the affected devices, after a change by the other unit', async () => {
    const other = await createServer();
    try {
      const elsewhere = other.get(SnapStoreService);
      const snap = await world.snap('wanderer', 1, 'other');
      await world.store.push(snap.path);
      const { snapId, digest } = snap;
      const look = async (headers: Record<string, string>) => {
        const paths = [
          '/v2/snaps/info/wanderer',
          `/api/v1/snaps/download/${snapId}_1.snap`,
          `/v2/assertions/snap-declaration/16/${snapId}`,
          `/v2/assertions/snap-revision/${digest}`,
        ];
        const all = await Promise.all(paths.map((path) => world.client.get(path, headers)));
        return all.map(({ statusCode }) => statusCode).join();
      };
      const all = '200,200,200,200';
      const none = '404,404,404,404';
      const until = async (headers: Record<string, string>, expected: string) =>
        expect(
          await poll(
            () => look(headers),
            (seen) => seen === expected,
          ),
        ).toBe(expected);
      expect(await look({})).toBe(all);
      await elsewhere.choose('wanderer', { storeId: 'brand-main' });
      await until({}, none);
      expect(await look(ofStore)).toBe(all);
      await elsewhere.choose('wanderer', { storeId: 'other-main' });
      await until(ofStore, none);
      await other
        .get(BrandStoresService)
        .add({ storeId: 'brand-main', brandId: 'brand', parentId: 'other-main' });
      await until(ofStore, all);
      await until(ofView, all);
      await other.get(BrandStoresService).add({ storeId: 'brand-main', brandId: 'brand', parentId: null });
      await until(ofStore, none);
      await elsewhere.choose('wanderer', { storeId: null });
      await until({}, all);
    } finally {
      await other.close();
    }
  });
});

it.skipIf(!hasXdelta3)(`a delta is as visible as its snap${WITHOUT_XDELTA3}`, async () => {
  const padding = randomBytes(200_000);
  let snapId = '';
  for (const revision of [1, 2]) {
    padding[0] = revision;
    const snap = await world.snap('house-delta', revision, 'brand', '', padding);
    await world.store.push(snap.path, { claim: { storeId: 'brand-main' } });
    ({ snapId } = snap);
  }
  await world.store.app.get(DeltaWorkerService).round();
  const look = async (revisions: string, headers: Record<string, string>) =>
    (await world.client.get(`/api/v1/snaps/download/${snapId}_${revisions}_xdelta3.delta`, headers))
      .statusCode;
  expect(
    await poll(
      () => look('1_2', ofStore),
      (status) => status === 200,
    ),
  ).toBe(200);
  for (const [who, headers] of outsiders) {
    expect([who, await look('1_2', headers)]).toEqual([who, await look('8_9', headers)]);
    expect([who, await look('1_2', headers)]).not.toEqual([who, 200]);
  }
});

it('a component is as visible as its snap', async () => {
  const yaml = 'components: {docs: {type: standard}}\n';
  const { snapId, path } = await world.snap('house-parts', 1, 'brand', yaml);
  await world.store.push(path, { claim: { storeId: 'brand-main' } });
  const bytes = squashfsImage({
    'meta/component.yaml': Buffer.from('component: house-parts+docs\ntype: standard\n'),
  });
  const component = { snapId, name: 'docs', revision: 1, digest: sha3_384(bytes), sizeBytes: bytes.length };
  const assertions = [
    world.stack.snapResourceRevision(component, 'brand'),
    world.stack.snapResourcePair(component, 1, 'brand'),
  ];
  const digest = digestToBase64url(component.digest);
  const file = join(world.store.directory, 'house-parts+docs.assert');
  writeFileSync(file, encodeStream(world.stack.chain(...assertions)));
  writeFileSync(join(world.store.directory, 'house-parts+docs_1.comp'), bytes);
  await world.store.push(file);
  const urls = [
    `/api/v1/snaps/download/${snapId}.docs_1.comp`,
    `/v2/assertions/snap-resource-revision/${snapId}/docs/${digest}`,
    `/v2/assertions/snap-resource-pair/${snapId}/docs/1/1`,
  ];
  for (const url of urls) {
    expect([url, (await world.client.get(url, ofStore)).statusCode]).toEqual([url, 200]);
    expect([url, (await world.client.get(url)).statusCode]).toEqual([url, 404]);
    for (const [who, headers] of outsiders) {
      const { statusCode } = await world.client.get(url, headers);
      const missing = await world.client.get(url.replace('docs', 'dogs'), headers);
      expect([who, url, statusCode]).toEqual([who, url, missing.statusCode]);
      expect([who, url, statusCode]).not.toEqual([who, url, 200]);
    }
  }
});
