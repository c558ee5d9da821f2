import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Assertion } from '../../../src/assertions/format/assertion.js';
import { digestToBase64url, sha3_384 } from '../../../src/common/crypto/digest.js';
import { SINCE } from '../../../src/sandbox/store-stack.js';
import type { TestSnap } from '../../support/test-snaps.js';
import { walkChain } from './chain-walk.js';
import { listen, send } from './wire.js';
import { World } from './world.js';

const SNAP_ID = 'brandSnapbrandSnapbrandSnapbrand';
const DIGEST = digestToBase64url(sha3_384(Buffer.from('a snap')));
const EMAIL = 'first.last+tag@example.com';

let world: World;
let snap: TestSnap;
let port: number;
const held = new Map<string, Assertion>();

beforeAll(async () => {
  world = await World.start();
  snap = await world.push({ name: 'hello', revision: 1 });
  const { brand } = world;
  const revision = {
    'snap-sha3-384': DIGEST,
    'snap-id': SNAP_ID,
    'snap-revision': '1',
    'snap-size': '6',
    'developer-id': 'brand',
    timestamp: SINCE,
  };
  const made: [string, Assertion][] = [
    ['declaration r0', brand.ownDeclaration(SNAP_ID)],
    [
      'declaration r1',
      brand.snapDeclaration(
        { snapId: SNAP_ID, name: 'snap-brands', publisherId: 'brand' },
        {
          headers: {
            format: '5',
            revision: '1',
            'revision-authority': [{ 'account-id': 'brand', provenance: ['prov'] }],
          },
        },
      ),
    ],
    ['revision', brand.sign('snap-revision', revision)],
    ['revision of prov', brand.sign('snap-revision', { ...revision, provenance: 'prov' })],
    ['store', brand.store({ store: 'brand-store', operatorId: 'brand' })],
    [
      'model',
      brand.sign('model', {
        series: '16',
        'brand-id': 'brand',
        model: 'my-model',
        classic: 'true',
        timestamp: SINCE,
      }),
    ],
    ['set 1', brand.validationSet({ name: 'set' })],
    ['set 3', brand.validationSet({ name: 'set', sequence: 3 })],
    ['set 3 r2', brand.validationSet({ name: 'set', sequence: 3 }, { headers: { revision: '2' } })],
    [
      'user',
      brand.sign('system-user', {
        'brand-id': 'brand',
        email: EMAIL,
        series: ['16'],
        models: ['my-model'],
        name: 'First Last',
        username: 'first',
        'ssh-keys': ['ssh-rsa AAAA'],
        since: '2026-01-01T00:00:00Z',
        until: '2027-01-01T00:00:00Z',
      }),
    ],
  ];
  for (const [name, assertion] of made) {
    await world.acknowledge(assertion);
    held.set(name, assertion);
  }
  port = await listen(world.store.app);
});
afterAll(() => world.stop());

const get = async (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  await send(port, {
    method,
    path: `/v2/assertions/${path}`,
    headers: { accept: 'application/x.ubuntu.assertion', ...headers },
  });

async function expectHeld(path: string, name: string): Promise<void> {
  const reply = await get(path);
  expect([reply.status, reply.headers['content-type']]).toEqual([200, 'application/x.ubuntu.assertion']);
  expect(reply.body.toString()).toBe(held.get(name)?.bytes.toString());
  expect(reply.headers['content-length']).toBe(String(reply.body.length));
  const { type, primaryKey, assertionRevision } = held.get(name) ?? {};
  const point = type?.name === 'validation-set' ? `${primaryKey?.at(-1)}.` : '';
  // Assertions about a snap may be hidden from the device.
  const vary = type?.name.startsWith('snap-')
    ? 'Accept, Snap-Device-Authorization, X-Device-Authorization'
    : 'Accept';
  expect([reply.headers.etag, reply.headers.vary]).toEqual([`"${point}${assertionRevision}"`, vary]);
}

async function expectNone(path: string): Promise<void> {
  const reply = await get(path);
  expect([reply.status, reply.headers['content-type']]).toEqual([404, 'application/problem+json']);
  expect(JSON.parse(reply.body.toString())).toMatchObject({
    status: 404,
    title: 'Not Found',
    'error-list': [{ code: 'not-found' }],
  });
}

describe('serves, byte for byte', () => {
  it.each([
    [`snap-declaration/16/${SNAP_ID}?max-format=7`, 'declaration r1'],
    [`snap-declaration/16/${SNAP_ID}`, 'declaration r1'],
    [`snap-declaration/16/${SNAP_ID}?max-format=5`, 'declaration r1'],
    [`snap-declaration/16/${SNAP_ID}?max-format=4`, 'declaration r0'],
    [`snap-declaration/16/${SNAP_ID}?max-format=0`, 'declaration r0'],
    [`snap-declaration/16/${SNAP_ID}?max-format=2147483647`, 'declaration r1'],
    [`snap-revision/${DIGEST}?max-format=0`, 'revision'],
    [`snap-revision/${DIGEST}/global-upload?max-format=0`, 'revision'],
    [`snap-revision/${DIGEST}/prov?max-format=0`, 'revision of prov'],
    ['store/brand-store?max-format=0', 'store'],
    ['store/%62rand%2Dstore?max-format=0', 'store'],
    ['model/16/brand/my-model?max-format=0', 'model'],
    ['validation-set/16/brand/set?max-format=0&sequence=latest', 'set 3 r2'],
    ['validation-set/16/brand/set?max-format=0', 'set 3 r2'],
    ['validation-set/16/brand/set?max-format=0&sequence=3', 'set 3 r2'],
    ['validation-set/16/brand/set?max-format=0&sequence=1', 'set 1'],
    ['validation-set/16/brand/set/3?max-format=0', 'set 3 r2'],
    ['validation-set/16/brand/set/1?max-format=0', 'set 1'],
    ['store/brand-store?max-format=0&new-parameter=x', 'store'],
  ])('%s', async (path, name) => {
    await expectHeld(path, name);
  });

  it('an e-mail address in the path, encoded or not', async () => {
    await expectHeld(`system-user/brand/${EMAIL}`, 'user');
    await expectHeld(`system-user/brand/${encodeURIComponent(EMAIL)}`, 'user');
    await expectNone(`system-user/brand/${EMAIL.replace('+', '%20')}`);
  });

  it('the whole chain of a snap, by single requests', async () => {
    const seen = await walkChain(port, `snap-revision/${digestToBase64url(snap.digest)}`);
    const { rootAccount, rootAccountKey, storeAccountKey } = world.publisher.stack;
    expect(seen).toEqual(
      [
        `snap-revision/${digestToBase64url(snap.digest)}`,
        `snap-declaration/16/${snap.snapId}`,
        'account/acme',
        `account/${rootAccount.primaryKey[0]}`,
        `account-key/${storeAccountKey.primaryKey[0]}`,
        `account-key/${rootAccountKey.primaryKey[0]}`,
      ].toSorted(),
    );
  });
});

describe('does not find', () => {
  it.each([
    'account/nobody',
    'account/acme%00',
    'account/acme%2F',
    'account/%E2%82%AC',
    `snap-revision/${DIGEST}/other`,
    `snap-declaration/17/${SNAP_ID}`,
    'validation-set/16/brand/none',
    'validation-set/16/brand/set?sequence=2',
    'validation-set/16/brand/set/2',
    'validation-set/16/brand/set/03',
    'validation-set/16/brand/set/latest',
    'validation-set/16/brand/set?sequence=999999999',
    'validation-set/16/brand/set/99999999999999999999',
  ])('%s', async (path) => {
    await expectNone(path);
  });

  it('a type without a key', async () => expect((await get('account/')).status).toBe(404));

  it('an unknown type, in the form that means not found for snapd', async () => {
    const reply = await get('nothing/a/b');
    expect([reply.status, reply.headers['content-type']]).toEqual([404, 'application/json']);
    expect(JSON.parse(reply.body.toString())).toMatchObject({ 'error-list': [{ code: 'not-found' }] });
  });
});

describe('refuses', () => {
  it.each([
    'account/a/b',
    'snap-declaration/16',
    'snap-revision/a/b/c',
    'validation-set/16/brand',
    'validation-set/16/brand/set/1/2',
    'account/acme?max-format=x',
    'account/acme?max-format=-2',
    'account/acme?max-format=',
    'account/acme?max-format=1&max-format=2',
    'account/acme?max-format=99999999999',
    'validation-set/16/brand/set?sequence=0',
    'validation-set/16/brand/set?sequence=-1',
    'validation-set/16/brand/set?sequence=x',
    'validation-set/16/brand/set?sequence=9999999999',
    'account/%',
    'account/%ff',
  ])('%s', async (path) => {
    const reply = await get(path);
    expect([path, reply.status, reply.headers['content-type']]).toEqual([path, 400, 'application/json']);
    expect(Object.keys(JSON.parse(reply.body.toString()) as object)).toEqual(['error-list']);
  });
});

describe('as JSON', () => {
  const path = 'store/brand-store';

  it.each(['application/json', 'application/json; charset=utf-8', 'text/html, application/json'])(
    'for a client that accepts %s',
    async (accept) => {
      const reply = await get(path, { accept });
      expect([reply.status, reply.headers['content-type'], reply.headers.vary]).toEqual([
        200,
        'application/json',
        'Accept',
      ]);
      expect(JSON.parse(reply.body.toString())).toEqual({ headers: held.get('store')?.headers, body: '' });
    },
  );

  it('with the body as text', async () => {
    const { rootAccountKey: accountKey } = world.brand;
    const reply = await get(`account-key/${accountKey.primaryKey[0]}`, { accept: 'application/json' });
    expect(JSON.parse(reply.body.toString())).toEqual({
      headers: accountKey.headers,
      body: accountKey.body.toString(),
    });
  });

  it.each(['', '*/*', 'text/html', 'application/x.ubuntu.assertion, application/json'])(
    'not for a client that accepts %j',
    async (accept) => {
      expect((await get(path, { accept })).headers['content-type']).toBe('application/x.ubuntu.assertion');
    },
  );

  it('not if the assertion does not exist', async () => {
    const reply = await get('account/nobody', { accept: 'application/json' });
    expect([reply.status, reply.headers['content-type']]).toEqual([404, 'application/problem+json']);
  });
});

describe('conditions', () => {
  const path = 'validation-set/16/brand/set?sequence=latest';

  it.each(['"3.2"', 'W/"3.2"', '"1", "3.2"', '*'])('If-None-Match %s: 304', async (condition) => {
    const reply = await get(path, { 'if-none-match': condition });
    expect([reply.status, reply.body.length, reply.headers.etag]).toEqual([304, 0, '"3.2"']);
    expect(reply.headers['content-length']).toBeUndefined();
  });

  it.each(['"2"', '"2.2"', '"3.1"', '3.2', '"13.2"', '', '"1", W/"3"', '"3.2-json"'])(
    'If-None-Match %j: 200',
    async (condition) => {
      expect((await get(path, { 'if-none-match': condition })).status).toBe(200);
    },
  );

  it('distinguishes the JSON form from the document', async () => {
    const json = { accept: 'application/json' };
    expect((await get(path, json)).headers.etag).toBe('"3.2-json"');
    expect((await get(path, { ...json, 'if-none-match': '"3.2"' })).status).toBe(200);
    expect((await get(path, { ...json, 'if-none-match': '"3.2-json"' })).status).toBe(304);
  });

  it('HEAD has the headers of GET', async () => {
    const [whole, head] = [await get(path), await get(path, {}, 'HEAD')];
    expect([head.status, head.body.length]).toEqual([200, 0]);
    for (const name of ['content-type', 'content-length', 'etag', 'snap-store-version'])
      expect([name, head.headers[name]]).toEqual([name, whole.headers[name]]);
    expect((await get('account/nobody', {}, 'HEAD')).status).toBe(404);
  });
});
