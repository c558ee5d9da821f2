import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Client } from 'pg';
import { AssertionsService } from '../../../src/assertions/assertions.service.js';
import { encodeStream } from '../../../src/assertions/format/stream.js';
import { sha3_384 } from '../../../src/common/digest.js';
import { mintSession, SESSION_LIFE_MS } from '../../../src/devices/device-session.js';
import { issueNonce, NONCE_LIFE_MS } from '../../../src/devices/session-nonce.js';
import { MAX_SERIAL_LENGTH, MAX_SESSION_ASSERTION_BYTES } from '../../../src/devices/session-request.js';
import { SettingsService } from '../../../src/settings/settings.service.js';
import { squashfsImage } from '../../support/squashfs-image.js';
import { StoreApp } from '../../support/store-app.js';
import { TestStoreStack } from '../../support/store-stack.js';
import { messageOf, SessionClient, TestDevice } from '../../support/test-device.js';
import { jsonOf, listen, poll, send } from './wire.js';

const SNAP_ID = 'helloxxxxxxxxxxxxxxxxxxxxxxxxxxx';
const DOWNLOAD = `/api/v1/snaps/download/${SNAP_ID}_1.snap`;
const POLICY = 'proxy.device-auth.foreign-serials';
const SECRET = 'proxy.device-auth.secret';

const stack = new TestStoreStack();
const stranger = new TestStoreStack({ authorityId: 'elsewhere' });
const known = new TestDevice(stack, 'sn-1');
const foreign = new TestDevice(stranger, 'sn-9', 'far-brand');
let store: StoreApp;
let client: SessionClient;
let port: number;

async function set(key: string, value: string): Promise<void> {
  await store.app.get(SettingsService).set([[key, value]]);
}

async function query(sql: string): Promise<Record<string, unknown>[]> {
  const database = new Client({ connectionString: store.databaseUrl });
  await database.connect();
  try {
    return (await database.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await database.end();
  }
}

async function secret(): Promise<Buffer> {
  return Buffer.from((await store.app.get(SettingsService).getText(SECRET)) ?? '', 'hex');
}

function session(token: string): string {
  return `Macaroon root="${token}"`;
}

beforeAll(async () => {
  store = await StoreApp.start();
  client = new SessionClient(store);
  const root = join(store.directory, 'root.assert');
  writeFileSync(root, encodeStream(stack.trusted()));
  await store.trust(root);
  const bytes = squashfsImage({
    'meta/snap.yaml': Buffer.from('name: hello\nversion: "1"\nsummary: s\ndescription: d\n'),
  });
  const revision = stack.snapRevision({
    snapId: SNAP_ID,
    revision: 1,
    digest: sha3_384(bytes),
    sizeBytes: bytes.length,
    developerId: 'acme',
  });
  const declaration = stack.snapDeclaration({ snapId: SNAP_ID, name: 'hello', publisherId: 'acme' });
  writeFileSync(join(store.directory, 'hello_1.snap'), bytes);
  writeFileSync(
    join(store.directory, 'hello_1.assert'),
    encodeStream(stack.chain(stack.account('acme'), declaration, revision)),
  );
  await store.push(join(store.directory, 'hello_1.snap'));
  // The brand's key and account, but neither the model nor any serial.
  const brand = stack.chain(known.model).filter(({ type }) => type.name !== 'model');
  await store.app.get(AssertionsService).addAll(brand);
  port = await listen(store.app);
});
afterAll(() => store.stop());
beforeEach(() => set(POLICY, 'accept'));

describe('on the wire', () => {
  it('a nonce is asked for without a body or a type, and a session as snapd does', async () => {
    const nonces = await send(port, {
      method: 'POST',
      path: '/api/v1/snaps/auth/nonces',
      headers: { 'User-Agent': 'snapd/2.68', Accept: 'application/json', 'Content-Length': '0' },
    });
    expect([nonces.status, nonces.headers['content-type']]).toEqual([200, 'application/json']);
    const { nonce, ...others } = jsonOf(nonces) as { nonce: string };
    expect([nonce.length > 30, others]).toEqual([true, {}]);

    const body = JSON.stringify(known.request({ nonce }));
    const opened = await send(port, {
      method: 'POST',
      path: '/api/v1/snaps/auth/sessions',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
      body,
    });
    expect([opened.status, opened.headers['content-type']]).toEqual([200, 'application/json']);
    const { macaroon } = jsonOf(opened) as { macaroon: string };
    expect(macaroon).toMatch(/^[-A-Za-z0-9_]+$/);

    for (const name of ['Snap-Device-Authorization', 'X-Device-Authorization']) {
      const info = await send(port, {
        path: '/v2/snaps/info/hello',
        headers: { [name]: session(macaroon), Accept: '' },
      });
      expect(info.status).toBe(200);
    }
  });

  it('no nonce comes twice, and none takes room before it is used', async () => {
    const before = await query('select count(*) from device_session_nonce');
    const nonces = await Promise.all(Array.from({ length: 50 }, () => client.nonce()));
    expect(new Set(nonces).size).toBe(50);
    expect(await query('select count(*) from device_session_nonce')).toEqual(before);
  });

  it('a session of Canonical’s store is told to renew, does so, and the device goes on', async () => {
    const theirs = session(mintSession(Buffer.alloc(32, 7), named('sn-1'), 'own', Date.now()));
    const headers = { 'Snap-Device-Authorization': theirs };
    const refused = await send(port, { path: '/v2/snaps/info/hello', headers });
    expect([refused.status, refused.headers['www-authenticate'], refused.headers['content-type']]).toEqual([
      401,
      'Macaroon refresh_device_session=1',
      'application/json',
    ]);
    expect(refused.headers['snap-store-version']).toBe('69');
    const renewed = await client.ask(known, {}, { 'x-device-authorization': theirs });
    expect(renewed.statusCode).toBe(200);
    const ours = session(renewed.json<{ macaroon: string }>().macaroon);
    expect((await client.get('/v2/snaps/info/hello', { 'snap-device-authorization': ours })).statusCode).toBe(
      200,
    );
  });
});

function named(serial: string) {
  return { brandId: 'brand', model: 'my-model', serial };
}

describe('a session is looked at', () => {
  const bad = { 'x-device-authorization': 'Macaroon root="bm90IG91cnM"' };
  const REFRESH = {
    context: [],
    actions: [{ action: 'install', 'instance-key': 'install-1', name: 'hello' }],
  };

  it('by info, find, refresh and downloads', async () => {
    const good = { 'snap-device-authorization': await client.open(known) };
    for (const [headers, status] of [
      [bad, 401],
      [good, 200],
      [good, 200],
      [{}, 200],
    ] as const) {
      const statuses = [
        (await client.get('/v2/snaps/info/hello', headers)).statusCode,
        (await client.get('/v2/snaps/find?q=hello', headers)).statusCode,
        (await client.get(DOWNLOAD, headers)).statusCode,
        (await client.get(DOWNLOAD, headers, 'HEAD')).statusCode,
        (await client.refresh(REFRESH, headers)).statusCode,
      ];
      expect(statuses).toEqual([status, status, status, status, status]);
    }
    const range = await client.get(DOWNLOAD, { ...good, range: 'bytes=10-' });
    expect(range.statusCode).toBe(206);
  });

  it('not where anybody may ask', async () => {
    const paths = [`/v2/assertions/snap-declaration/16/${SNAP_ID}`, '/api/v1/snaps/names', '/'];
    for (const path of paths) expect([path, (await client.get(path, bad)).statusCode]).toEqual([path, 200]);
  });

  it.each([
    '',
    'nothing',
    'Macaroon root=""',
    'Macaroon root="a", discharge="b"',
    `Macaroon root="${'A'.repeat(8_000)}"`,
    'Bearer abc',
  ])('and %j is none', async (text) => {
    const { statusCode } = await client.get('/v2/snaps/info/hello', { 'snap-device-authorization': text });
    expect(statusCode).toBe(401);
  });

  it('holds until the moment at which it expires', async () => {
    const minted = async (age: number) => {
      const token = mintSession(await secret(), named('sn-1'), 'known-brand', Date.now() - age);
      const headers = { 'snap-device-authorization': session(token) };
      return (await client.get('/v2/snaps/info/hello', headers)).statusCode;
    };
    expect(await minted(SESSION_LIFE_MS)).toBe(401);
    expect(await minted(SESSION_LIFE_MS - 60_000)).toBe(200);
  });

  it('ends with the secret that signed it, remembered or not', async () => {
    const headers = { 'snap-device-authorization': await client.open(known) };
    const ask = async () => (await client.get('/v2/snaps/info/hello', headers)).statusCode;
    expect([await ask(), await ask()]).toEqual([200, 200]);
    const before = (await secret()).toString('hex');
    await set(SECRET, 'ab'.repeat(32));
    expect(await poll(ask, (status) => status === 401)).toBe(401);
    await set(SECRET, before);
    expect(await poll(ask, (status) => status === 200)).toBe(200);
  });
});

describe('a nonce', () => {
  it('serves one request, which may be repeated as it is', async () => {
    const nonce = await client.nonce();
    const body = known.request({ nonce });
    expect((await client.post(body)).statusCode).toBe(200);
    expect((await client.post(body)).statusCode).toBe(200);
    const another = known.request({ nonce, headers: { timestamp: '2026-03-01T00:00:00Z' } });
    const reply = await client.post(another);
    expect([reply.statusCode, messageOf(reply)]).toEqual([
      400,
      'cannot open device session: its nonce is not good: another request has used it',
    ]);
  });

  it('is used once when many come at the same time', async () => {
    const nonce = await client.nonce();
    const bodies = Array.from({ length: 8 }, (_, second) =>
      known.request({ nonce, headers: { timestamp: `2026-03-01T00:00:0${second}Z` } }),
    );
    const statuses = (await Promise.all(bodies.map((body) => client.post(body)))).map(
      ({ statusCode }) => statusCode,
    );
    expect(statuses.toSorted()).toEqual([200, 400, 400, 400, 400, 400, 400, 400]);
  });

  it('is of this store, and young', async () => {
    const ours = await secret();
    const asked = async (nonce: string) => (await client.ask(known, { nonce })).statusCode;
    expect(await asked(issueNonce(ours, Date.now() - NONCE_LIFE_MS))).toBe(400);
    expect(await asked(issueNonce(ours, Date.now() - NONCE_LIFE_MS + 60_000))).toBe(200);
    expect(await asked(issueNonce(Buffer.alloc(32), Date.now()))).toBe(400);
    const good = issueNonce(ours, Date.now());
    expect(await asked(`${good.slice(0, -1)}${good.endsWith('A') ? 'B' : 'A'}x`)).toBe(400);
    for (const nonce of ['x', '\u{1f980}', '..', 'a'.repeat(100_000)]) expect(await asked(nonce)).toBe(400);
  });
});

describe('a proof that is none', () => {
  it.each<[string, () => Parameters<TestDevice['request']>[0], string]>([
    ['another key', () => ({ key: stack.key('other') }), 'another key than the device-key of the serial'],
    ['another serial', () => ({ headers: { serial: 'sn-2' } }), 'device-session-request has serial "sn-2"'],
    ['another model', () => ({ model: stack.model({ model: 'other' }) }), 'the model has model "other"'],
    ['another brand', () => ({ model: foreign.model }), 'the model has brand-id "far-brand"'],
    [
      'a serial that is a model',
      () => ({ serial: known.model }),
      'serial-assertion is a model, not a serial',
    ],
    ['a model that is a serial', () => ({ model: known.serial }), 'model-assertion is a serial, not a model'],
  ])('%s', async (_case, odd, why) => {
    const reply = await client.ask(known, odd());
    expect([reply.statusCode, messageOf(reply)]).toEqual([400, expect.stringContaining(why)]);
  });

  it('a request that was changed after it was signed', async () => {
    const body = known.request({
      nonce: await client.nonce(),
      headers: { timestamp: '2026-03-01T00:00:00Z' },
    });
    const changed = body['device-session-request']?.replace('2026-03-01', '2026-03-02');
    const reply = await client.post({ ...body, 'device-session-request': changed });
    expect([reply.statusCode, messageOf(reply)]).toEqual([
      400,
      expect.stringContaining('the signature is not of this content and key'),
    ]);
  });

  it('a serial of a known brand that the brand did not sign', async () => {
    const forged = stack.serial(
      { serial: 'sn-1', deviceKey: known.key },
      { headers: { timestamp: '2026-02-02T00:00:00Z' } },
    );
    const text = forged.bytes.toString().replace('2026-02-02', '2026-02-03');
    const reply = await client.post({
      ...known.request({ nonce: await client.nonce() }),
      'serial-assertion': text,
    });
    expect([reply.statusCode, messageOf(reply)]).toEqual([
      400,
      expect.stringContaining('cannot verify serial assertion "brand/my-model/sn-1"'),
    ]);
  });

  it.each([
    ['[]', 'the body is not an object'],
    ['null', 'the body is not an object'],
    ['{}', 'device-session-request is missing'],
    ['{"device-session-request": 1}', 'device-session-request is missing'],
    ['{"device-session-request": "type: model"}', 'cannot decode assertion'],
  ])('%s', async (body, why) => {
    const reply = await client.post(body);
    expect([reply.statusCode, messageOf(reply)]).toEqual([400, expect.stringContaining(why)]);
  });
});

describe('limits', () => {
  it('a serial assertion of up to its longest', async () => {
    const sized = (bodyBytes: number) =>
      stack.serial({ serial: 'sn-1', deviceKey: known.key }, { body: Buffer.alloc(bodyBytes, 'x') });
    // All of these lengths have six digits, so the rest of the assertion stays as long as it is.
    const rest = sized(200_000).bytes.length - 200_000;
    const longest = sized(MAX_SESSION_ASSERTION_BYTES - rest);
    expect(longest.bytes.length).toBe(MAX_SESSION_ASSERTION_BYTES);
    expect((await client.ask(known, { serial: longest })).statusCode).toBe(200);
    const longer = await client.ask(known, { serial: sized(MAX_SESSION_ASSERTION_BYTES - rest + 1) });
    expect([longer.statusCode, messageOf(longer)]).toEqual([
      413,
      `cannot open device session: serial-assertion is longer than ${MAX_SESSION_ASSERTION_BYTES} bytes`,
    ]);
  });

  it('a serial of up to its longest, and no characters that steer a terminal', async () => {
    const asked = async (serial: string) => await client.ask(new TestDevice(stack, serial));
    expect((await asked('s'.repeat(MAX_SERIAL_LENGTH))).statusCode).toBe(200);
    expect(messageOf(await asked('s'.repeat(MAX_SERIAL_LENGTH + 1)))).toContain('longer than 256 characters');
    expect(messageOf(await asked('s\u001b[31m'))).toContain('cannot be printed');
    expect(messageOf(await asked('s\u0000'))).toContain('cannot be printed');
  });
});

describe('the policy', () => {
  const statuses = async (): Promise<number[]> => [
    (await client.ask(known)).statusCode,
    (await client.ask(foreign)).statusCode,
  ];

  it('accept', async () => expect(await statuses()).toEqual([200, 200]));

  it('accept-known-brands', async () => {
    await set(POLICY, 'accept-known-brands');
    expect(await statuses()).toEqual([200, 403]);
    expect(messageOf(await client.ask(foreign))).toBe(
      'cannot open device session: this store does not know the key that signs serials of far-brand (proxy.device-auth.foreign-serials)',
    );
  });

  it('refuse, but for serials that the store holds itself', async () => {
    await set(POLICY, 'refuse');
    expect(await statuses()).toEqual([403, 403]);
    const own = new TestDevice(stack, 'sn-own');
    await store.app.get(AssertionsService).addAll(stack.chain(own.serial));
    expect((await client.ask(own)).statusCode).toBe(200);
    const impostor = stack.serial({ serial: 'sn-own', deviceKey: stack.key('other') });
    const reply = await client.ask(own, { serial: impostor, key: stack.key('other') });
    expect([reply.statusCode, messageOf(reply)]).toEqual([
      409,
      'cannot open device session: the store holds another serial brand/my-model/sn-own',
    ]);
  });

  it('holds for open sessions too', async () => {
    const headers = { 'snap-device-authorization': await client.open(foreign) };
    const ask = async () => (await client.get('/v2/snaps/info/hello', headers)).statusCode;
    expect([await ask(), await ask()]).toEqual([200, 200]);
    await set(POLICY, 'accept-known-brands');
    expect(await poll(ask, (status) => status === 401)).toBe(401);
  });

  it('is one of three words', async () => {
    await expect(set(POLICY, 'maybe')).rejects.toThrow(
      `cannot set ${POLICY} to "maybe": give accept, accept-known-brands, refuse`,
    );
  });
});

it('a brand’s key that has expired still vouches for what it signed before', async () => {
  const brand = stack.key('brand old-brand');
  const expired = stack.accountKey('old-brand', 'default', brand, {
    headers: { until: '2026-03-01T00:00:00Z' },
  });
  const account = stack.account('old-brand');
  const device = new TestDevice(stack, 'sn-old', 'old-brand');
  // Stored when it was valid; what is stored is not judged again.
  await store.app.get(AssertionsService).addAll([account, stack.storeAccountKey]);
  await query(
    `insert into assertion (type, primary_key, assertion_revision, format, authority_id, sign_key_id, bytes)
     values ('account-key', array['${expired.primaryKey[0]}'], 0, 0, '${stack.authorityId}', '${expired.signKeyId}',
       decode('${expired.bytes.toString('hex')}', 'hex'))`,
  );
  await set(POLICY, 'accept-known-brands');
  expect((await client.ask(device)).statusCode).toBe(200);
});
