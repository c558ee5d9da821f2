import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publicKeyId } from '../../../src/assertions/format/keys.js';
import { decodeStream } from '../../../src/assertions/format/stream.js';
import { digestToBase64url, digestToHex, sha3_384 } from '../../../src/common/crypto/digest.js';
import { privatePem } from '../../../src/common/crypto/pem.js';
import { DeviceModelsService } from '../../../src/devices/device-models.service.js';
import { SigningKeysService } from '../../../src/keys/signing-keys.service.js';
import { addManySnaps } from '../../support/many-snaps.js';
import { serialRequest } from '../../support/registering-device.js';
import { TestStoreStack } from '../../support/store-stack.js';
import { SessionClient, TestDevice } from '../../support/test-device.js';
import type { TestSnap } from '../../support/test-snaps.js';
import { walkChain } from './chain-walk.js';
import { askForGroups, fetchGroup } from './fetch-group.js';
import { install, installed, refreshOf } from './refresh-actions.js';
import { exchange, jsonOf, listen, repliesIn, send, type WireReply } from './wire.js';
import { at, World } from './world.js';

// Each `describe` is one line of the checklist of snapd's requirements for a store, in its order and wording.

const MANY = 10_500;

/** The brand of the devices that register. */
const makers = new TestStoreStack({ authorityId: 'maker-root' });

let world: World;
let port: number;
let hello: TestSnap;
let other: TestSnap;

beforeAll(async () => {
  world = await World.start();
  // Adds all roots before the first request, because a server learns of others a moment later.
  const roots = [world.brand, world.publisher.stack, makers].flatMap((stack) => stack.trusted());
  await world.store.trust(roots);
  hello = await world.push({ name: 'hello', revision: 1, padding: Buffer.alloc(70_000, 'padding') });
  other = await world.push({ name: 'other', revision: 4 }, ['latest/stable', 'latest/edge']);
  const { brand } = world;
  const sets = [
    brand.validationSet({ name: 'set' }),
    brand.validationSet({ name: 'set', sequence: 3 }),
    brand.validationSet({ name: 'set', sequence: 3 }, { headers: { revision: '2' } }),
  ];
  await world.acknowledge(...sets.slice(0, 2));
  await world.acknowledge(...sets.slice(2));
  port = await listen(world.store.app);
});
afterAll(() => world.stop());

/** Sends exactly these lines, and reads until the connection ends. */
async function raw(lines: readonly string[], body = ''): Promise<string> {
  return await exchange(port, [...lines, 'Host: store.lan', 'Connection: close', '', body].join('\r\n'));
}

async function refresh(body: object, headers: Record<string, string> = {}): Promise<WireReply> {
  return await send(port, {
    method: 'POST',
    path: '/v2/snaps/refresh',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

async function resultsOf(body: object): Promise<Record<string, unknown>[]> {
  return (jsonOf(await refresh(body)) as { results: Record<string, unknown>[] }).results;
}

describe('exact content types, seen on the wire, on 200 and 404', () => {
  it.each([
    ['GET /v2/snaps/info/hello', 200, 'application/json'],
    ['GET /v2/snaps/info/nothing', 404, 'application/json'],
    ['GET /v2/snaps/find?q=hello', 200, 'application/json'],
    ['GET /v2/snaps/find?channel=a/b/c/d', 400, 'application/json'],
    ['GET /v2/snaps/categories', 200, 'application/json'],
    ['GET /api/v1/snaps/sections', 200, 'application/hal+json'],
    ['GET /api/v1/snaps/names', 200, 'application/hal+json'],
    ['GET /v2/assertions/account/acme?max-format=0', 200, 'application/x.ubuntu.assertion'],
    ['GET /v2/assertions/account/nobody?max-format=0', 404, 'application/problem+json'],
    ['GET /v2/assertions/nothing/nobody?max-format=0', 404, 'application/json'],
    ['GET /v2/repairs/canonical/1', 404, 'application/json'],
    ['GET /api/v1/snaps/search?q=hello', 200, 'application/hal+json'],
    ['GET /api/v1/snaps/nothing', 404, 'application/json'],
    ['POST /api/v1/snaps/auth/nonces', 200, 'application/json'],
  ])('%s: %d %s', async (request, status, type) => {
    const heard = await raw([`${request} HTTP/1.1`, 'Accept: ']);
    const [head = ''] = heard.split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(head.split('\r\n').filter((line) => /^content-type:/i.test(line))).toEqual([
      `content-type: ${type}`,
    ]);
    expect(Number(/^snap-store-version: (\d+)$/m.exec(head)?.[1])).toBeGreaterThanOrEqual(60);
  });

  it('refresh: 200 application/json', async () => {
    expect((await refresh({ context: [], actions: [] })).headers['content-type']).toBe('application/json');
  });
});

describe('hex in JSON, base64url in URLs, for the same file', () => {
  it('is the digest of the file that the URL leads to', async () => {
    const [result] = await resultsOf({ context: [], actions: [install('hello')] });
    const { pathname } = new URL(String(at(result, 'snap', 'download', 'url')));
    const { body } = await send(port, { path: pathname });
    const digest = sha3_384(body);
    expect(at(result, 'snap', 'download', 'sha3-384')).toBe(digestToHex(digest));
    expect(digestToHex(digest)).toMatch(/^[0-9a-f]{96}$/);
    const revision = await send(port, { path: `/v2/assertions/snap-revision/${digestToBase64url(digest)}` });
    expect([revision.status, revision.body.equals(hello.snapRevision.bytes)]).toEqual([200, true]);
    const byHex = await send(port, { path: `/v2/assertions/snap-revision/${digestToHex(digest)}` });
    expect(byHex.status).toBe(404);
  });
});

describe('one result per action; same revision when current; never an unasked result', () => {
  it('in the order of the actions', async () => {
    const stranger = { ...hello, snapId: 'strangerstrangerstrangerstranger' };
    const results = await resultsOf({
      context: [installed(hello), installed(other), installed(stranger)],
      actions: [
        refreshOf(hello),
        install('nothing', { 'instance-key': 'install-1' }),
        install('other', { 'instance-key': 'install-2' }),
        { ...install('hello'), action: 'download', 'instance-key': 'download-1' },
      ],
    });
    expect(
      results.map((result) => [result['result'], result['instance-key'], at(result, 'snap', 'revision')]),
    ).toEqual([
      ['refresh', hello.snapId, 1],
      ['error', 'install-1', undefined],
      ['install', 'install-2', 4],
      ['download', 'download-1', 1],
    ]);
  });

  it('a request with only a context has no results', async () => {
    expect(await resultsOf({ context: [installed(hello), installed(other)], actions: [] })).toEqual([]);
  });
});

describe('`name` in install and download errors', () => {
  it.each(['install', 'download'])('%s', async (action) => {
    const results = await resultsOf({
      context: [],
      actions: [
        { ...install('nothing'), action },
        { ...install('hello', { channel: '9.0/stable' }), action },
        { ...install('hello', { channel: 'a/b/c/d' }), action },
        { ...install('hello', { revision: 77 }), action },
      ],
    });
    expect(results.map((result) => [result['result'], result['name'], at(result, 'error', 'code')])).toEqual([
      ['error', 'nothing', 'name-not-found'],
      ['error', 'hello', 'revision-not-found'],
      ['error', 'hello', 'invalid-channel'],
      ['error', 'hello', 'revision-not-found'],
    ]);
  });
});

describe('POST with no `Content-Type`, with empty `Accept`, and twice in a row', () => {
  const body = JSON.stringify({ context: [], actions: [install('hello')] });

  it.each([
    ['/v2/snaps/refresh', body],
    ['/v2/cohorts', '{"snaps":["hello"]}'],
    ['/v2/messages', '{"limit":10}'],
    ['/api/v1/snaps/auth/nonces', ''],
    ['/api/v1/snaps/auth/request-id', ''],
  ])('%s', async (path, sent) => {
    const request = (last: string) =>
      `POST ${path} HTTP/1.1\r\nHost: store.lan\r\nAccept: \r\nContent-Length: ${sent.length}\r\n${last}\r\n${sent}`;
    const replies = repliesIn(await exchange(port, request('') + request('Connection: close\r\n')));
    expect(replies.map(({ status, headers }) => [status, headers['content-type']])).toEqual([
      [200, 'application/json'],
      [200, 'application/json'],
    ]);
    const [first, second] = replies.map(jsonOf);
    expect(Object.keys(first as object)).toEqual(Object.keys(second as object));
    // Each nonce must be different; all other answers are the same.
    if (path.includes('/auth/')) expect(first).not.toEqual(second);
    else if (path !== '/v2/cohorts') expect(first).toEqual(second);
  });

  it('a session, twice with the same request', async () => {
    const device = new TestDevice(new TestStoreStack(), 'sn-twice');
    const client = new SessionClient(world.store);
    const request = JSON.stringify(device.request({ nonce: await client.nonce() }));
    for (let times = 0; times < 2; times += 1) {
      const reply = await send(port, {
        method: 'POST',
        path: '/api/v1/snaps/auth/sessions',
        headers: { accept: '' },
        body: request,
      });
      expect([reply.status, Object.keys(jsonOf(reply) as object)]).toEqual([200, ['macaroon']]);
    }
  });
});

describe('session with a foreign but consistent serial; 401 → renewal → success', () => {
  const device = new TestDevice(new TestStoreStack(), 'sn-foreign');
  const opened = async (headers: Record<string, string> = {}) => {
    const client = new SessionClient(world.store);
    const reply = await send(port, {
      method: 'POST',
      path: '/api/v1/snaps/auth/sessions',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(device.request({ nonce: await client.nonce() })),
    });
    expect([reply.status, reply.headers['content-type']]).toEqual([200, 'application/json']);
    return `Macaroon root="${String(at(jsonOf(reply), 'macaroon'))}"`;
  };
  const ask = async (session: string) =>
    await refresh({ context: [], actions: [install('hello')] }, { 'snap-device-authorization': session });

  it('the store knows neither the serial nor its signing key', async () => {
    expect((await send(port, { path: '/v2/assertions/serial/brand/my-model/sn-foreign' })).status).toBe(404);
    expect((await ask(await opened())).status).toBe(200);
  });

  it('a session that is not this store’s is renewed', async () => {
    const old = 'Macaroon root="c2Vzc2lvbi1vZi1hbm90aGVyLXN0b3Jl"';
    const refused = await ask(old);
    expect([refused.status, refused.headers['content-type']]).toEqual([401, 'application/json']);
    expect(refused.headers['www-authenticate']).toContain('refresh_device_session=1');
    const renewed = await ask(await opened({ 'x-device-authorization': old }));
    expect([renewed.status, at(jsonOf(renewed), 'results', '0', 'result')]).toEqual([200, 'install']);
  });
});

describe('`Range: bytes=N-` → 206 and the right bytes; HEAD → 200', () => {
  const path = () => `/api/v1/snaps/download/${hello.snapId}_1.snap`;

  it.each([0, 1, 65_535, 65_536, -1])('from %d (below 0: from the end)', async (from) => {
    const { bytes } = hello;
    const start = from < 0 ? bytes.length + from : from;
    const heard = await raw([`GET ${path()} HTTP/1.1`, `Range: bytes=${start}-`, 'Accept: ']);
    const [reply] = repliesIn(heard);
    expect([reply?.status, reply?.headers['content-range']]).toEqual([
      206,
      `bytes ${start}-${bytes.length - 1}/${bytes.length}`,
    ]);
    expect(reply?.body.equals(bytes.subarray(start))).toBe(true);
  });

  it('the connectivity check: HEAD of the URL that info names', async () => {
    const info = jsonOf(
      await send(port, { path: '/v2/snaps/info/hello?architecture=amd64&fields=download' }),
    );
    const { pathname } = new URL(String(at(info, 'channel-map', '0', 'download', 'url')));
    const heard = await raw([`HEAD ${pathname} HTTP/1.1`]);
    expect(heard).toMatch(/^HTTP\/1\.1 200 /);
    expect(heard).toMatch(new RegExp(`\r\ncontent-length: ${hello.bytes.length}\r\n`));
    expect(heard.endsWith('\r\n\r\n')).toBe(true);
  });

  it('HEAD / is 200, with the version that registration asks for', async () => {
    expect(await raw(['HEAD / HTTP/1.1'])).toMatch(/^HTTP\/1\.1 200 [^]*snap-store-version: \d\d/);
  });
});

describe('`fetch-assertions`: newer, not newer, unknown with and without `if-newer-than`, sequence pinned, latest, at least; max formats', () => {
  const SNAP = 'checklistSnapchecklistSnapcheckl';
  const declaration = (more: object = {}) => ({
    type: 'snap-declaration',
    'primary-key': ['16', SNAP],
    ...more,
  });
  const set = (more: object) => ({ type: 'validation-set', 'sequence-key': ['16', 'brand', 'set'], ...more });
  const unknown = (more: object) => ({
    type: 'snap-declaration',
    'primary-key': ['16', 'x'.repeat(32)],
    ...more,
  });
  const foundIn = async (entry: object, formats: object = { 'snap-declaration': 7 }) =>
    (await fetchGroup(port, [entry], formats)).found;

  beforeAll(async () => {
    await world.acknowledge(world.brand.ownDeclaration(SNAP, 2));
    await world.acknowledge(world.brand.ownDeclaration(SNAP, 4, 3));
  });

  it.each([
    ['newer', declaration({ 'if-newer-than': 3 }), [`snap-declaration 16 ${SNAP} r4`]],
    ['not newer', declaration({ 'if-newer-than': 4 }), []],
    ['unknown, with if-newer-than', unknown({ 'if-newer-than': 0 }), []],
    ['sequence pinned', set({ sequence: 1 }), ['validation-set 16 brand set 1 r0']],
    ['sequence latest', set({}), ['validation-set 16 brand set 3 r2']],
    [
      'sequence at least',
      set({ 'if-sequence-equal-or-newer-than': 2, 'if-newer-than': 7 }),
      ['validation-set 16 brand set 3 r2'],
    ],
    ['sequence at least, not newer', set({ 'if-sequence-equal-or-newer-than': 3, 'if-newer-than': 2 }), []],
    ['sequence at least, beyond', set({ 'if-sequence-equal-or-newer-than': 4, 'if-newer-than': 0 }), []],
  ])('%s', async (_what, entry, found) => {
    expect(await foundIn(entry)).toEqual(found);
  });

  it('unknown, without if-newer-than', async () => {
    const results = await askForGroups(port, { A: [unknown({})] }, undefined);
    expect(results.get('A')).toEqual({
      result: 'fetch-assertions',
      key: 'A',
      'assertion-stream-urls': [],
      'error-list': [{ code: 'not-found', message: expect.any(String) as string, ...unknown({}) }],
    });
  });

  it('max formats', async () => {
    expect(await foundIn(declaration(), { 'snap-declaration': 3 })).toEqual([
      `snap-declaration 16 ${SNAP} r4`,
    ]);
    expect(await foundIn(declaration(), { 'snap-declaration': 2 })).toEqual([
      `snap-declaration 16 ${SNAP} r2`,
    ]);
    expect(await foundIn(declaration(), {})).toEqual([`snap-declaration 16 ${SNAP} r2`]);
  });
});

describe('whole chain of an installed snap reachable by single GETs', () => {
  it('from the digest of the file alone', async () => {
    const { body } = await send(port, { path: `/api/v1/snaps/download/${hello.snapId}_1.snap` });
    const { stack } = world.publisher;
    const chain = await walkChain(port, `snap-revision/${digestToBase64url(sha3_384(body))}`);
    expect(chain).toEqual(
      [
        ...stack.trusted().map(({ type, primaryKey }) => [type.name, ...primaryKey].join('/')),
        `account-key/${stack.storeAccountKey.primaryKey[0]}`,
        'account/acme',
        `snap-declaration/16/${hello.snapId}`,
        `snap-revision/${digestToBase64url(hello.digest)}`,
      ].toSorted(),
    );
  });
});

describe('`validation-set` by query and by path', () => {
  it.each([
    ['16/brand/set?max-format=0&sequence=latest', '3', 2],
    ['16/brand/set?max-format=0&sequence=3', '3', 2],
    ['16/brand/set?max-format=0&sequence=1', '1', 0],
    ['16/brand/set/3?max-format=0', '3', 2],
    ['16/brand/set/1?max-format=0', '1', 0],
  ])('%s', async (path, sequence, revision) => {
    const { status, body } = await send(port, { path: `/v2/assertions/validation-set/${path}` });
    expect([
      status,
      /^sequence: (\d+)$/m.exec(body.toString())?.[1],
      Number(/^revision: (\d+)$/m.exec(body.toString())?.[1] ?? 0),
    ]).toEqual([200, sequence, revision]);
  });
});

describe('names catalogue key order; under 10 s', () => {
  it('`_embedded` is the first key, `clickindex:package` the first in it, `package_name` first of each', async () => {
    const { body } = await send(port, { path: '/api/v1/snaps/names?confinement=strict,classic' });
    expect(body.toString()).toMatch(/^\{"_embedded":\{"clickindex:package":\[\{"package_name":"hello",/);
  });

  it('a store of more than 10,000 snaps lists them all, and starts to send before it has read them all', async () => {
    const names = await addManySnaps(world.store.databaseUrl, 1, MANY);
    await world.store.heard();
    const reply = await send(port, { path: '/api/v1/snaps/names?confinement=strict,classic' });
    const list = at(jsonOf(reply), '_embedded', 'clickindex:package') as { package_name: string }[];
    expect(list.map((entry) => entry.package_name)).toEqual(['hello', ...names, 'other']);
    expect(reply.headers['content-length']).toBe(String(reply.body.length));
  });
});

describe('registration: 200 single, 200 stream, 202, error text; store URL with and without trailing slash', () => {
  const stack = makers;
  const model = stack.model({ brandId: 'maker' });
  const waiting = stack.model({ brandId: 'maker', model: 'waiting' });
  let devices = 0;

  beforeAll(async () => {
    const { app, directory } = world.store;
    await world.acknowledge(...stack.chain(model, waiting));
    const file = join(directory, 'maker.pem');
    await writeFile(file, privatePem(stack.key('brand maker')));
    await app.get(SigningKeysService).create('maker-key', { file });
    const models = app.get(DeviceModelsService);
    for (const name of ['my-model', 'waiting'])
      await models.create({ name, brandId: 'maker', apiKey: undefined, remodelFrom: [], replace: false });
    await models.createPolicy('my-model', 'maker-key');
  });

  /** As snapd joins them: a relative reference, resolved against the store's URL. */
  const post = async (
    storeUrl: string,
    endpoint: string,
    body?: Buffer,
    headers: Record<string, string> = {},
  ) => {
    const { pathname } = new URL(`api/v1/snaps/auth/${endpoint}`, storeUrl);
    return await send(port, {
      method: 'POST',
      path: pathname,
      ...(body && { body, headers: { 'Content-Type': 'application/x.ubuntu.assertion', ...headers } }),
    });
  };
  const register = async (storeUrl: string, of = model, headers: Record<string, string> = {}) => {
    const id = await post(storeUrl, 'request-id');
    expect([id.status, id.headers['content-type']]).toEqual([200, 'application/json']);
    const key = stack.key(`checklist device ${(devices += 1)}`);
    const body = serialRequest(of, key, String(at(jsonOf(id), 'request-id')));
    return { reply: await post(storeUrl, 'devices', body, headers), key, body };
  };
  const urls = () => [`http://127.0.0.1:${port}`, `http://127.0.0.1:${port}/`] as const;

  it.each([0, 1] as const)('200 single, with slash: %d', async (slash) => {
    const { reply, key } = await register(urls()[slash]);
    expect([reply.status, reply.headers['content-type']]).toEqual([200, 'application/x.ubuntu.assertion']);
    const [serial, ...others] = decodeStream(reply.body);
    expect([serial?.type.name, others]).toEqual(['serial', []]);
    expect(serial?.headers).toMatchObject({
      'brand-id': 'maker',
      model: 'my-model',
      'device-key-sha3-384': publicKeyId(key),
    });
    // Then the chain of its signing key is fetched by single requests.
    expect(await walkChain(port, `account-key/${serial?.signKeyId}`)).toContain('account/maker');
  });

  it('200 stream, if the device accepts one', async () => {
    const { reply } = await register(urls()[0], model, { 'Snap-Device-Capabilities': 'serial-stream' });
    expect([reply.status, reply.headers['content-type']]).toEqual([200, 'application/x.ubuntu.assertion']);
    const types = decodeStream(reply.body).map(({ type }) => type.name);
    expect([types.filter((name) => name === 'serial').length, types.length > 1]).toEqual([1, true]);
  });

  it('202, and the same body again', async () => {
    const { reply, body } = await register(urls()[0], waiting);
    expect([reply.status, (await post(urls()[1], 'devices', body)).status]).toEqual([202, 202]);
  });

  it('error text', async () => {
    const { reply } = await register(urls()[0], stack.model({ brandId: 'maker', model: 'unheard-of' }));
    expect([reply.status, reply.headers['content-type']]).toEqual([404, 'application/json']);
    expect(at(jsonOf(reply), 'message')).toMatch(/^cannot register device: /);
  });
});
