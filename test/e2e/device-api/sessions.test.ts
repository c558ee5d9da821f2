import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AssertionsService } from '../../../src/assertions/assertions.service.js';
import { RENEWAL_MS } from '../../../src/brand-stores/device-session.js';
import { parseMacaroon, serializeMacaroon } from '../../../src/common/crypto/macaroon/encoding.js';
import { addFirstPartyCaveat } from '../../../src/common/crypto/macaroon/macaroon.js';
import { MAX_SESSION_HEADER_LENGTH } from '../../../src/common/limits.js';
import { issueNonce, NONCE_LIFE_MS } from '../../../src/devices/session-nonce.js';
import { mintSession, SESSION_LIFE_MS } from '../../../src/devices/session-token.js';
import { SessionsService } from '../../../src/devices/sessions.service.js';
import { SettingsService } from '../../../src/settings/settings.service.js';
import { poll } from '../../support/poll.js';
import { StoreApp } from '../../support/store-app.js';
import { TestStoreStack } from '../../support/store-stack.js';
import { messageOf, SessionClient, TestDevice } from '../../support/test-device.js';
import { TestPublisher, writePair } from '../../support/test-snaps.js';
import { jsonOf, listen, send } from './wire.js';

const SNAP_ID = 'helloxxxxxxxxxxxxxxxxxxxxxxxxxxx';
const DOWNLOAD = `/api/v1/snaps/download/${SNAP_ID}_1.snap`;
const SECRET = 'proxy.device-auth.secret';

const stack = new TestStoreStack();
const known = new TestDevice(stack, 'sn-1');
let store: StoreApp;
let client: SessionClient;
let port: number;

async function set(key: string, value: string): Promise<void> {
  await store.app.get(SettingsService).set([[key, value]]);
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
  await store.trust(stack.trusted());
  const snap = TestPublisher.of(stack, 'acme').snap({ name: 'hello', revision: 1, architectures: ['all'] });
  await store.push(await writePair(store.directory, snap));
  // The brand's key and account, but not the model and no serial.
  const brand = stack.chain(known.model).filter(({ type }) => type.name !== 'model');
  await store.app.get(AssertionsService).addAll(brand);
  port = await listen(store.app);
});
afterAll(() => store.stop());

describe('over HTTP', () => {
  it('a nonce is requested without body or type, and a session as snapd requests it', async () => {
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

  it('each nonce is different, and none is stored before it is used', async () => {
    const before = await store.query('select count(*) from device_session_nonce');
    const nonces = await Promise.all(Array.from({ length: 50 }, () => client.nonce()));
    expect(new Set(nonces).size).toBe(50);
    expect(await store.query('select count(*) from device_session_nonce')).toEqual(before);
  });

  it('a session of Canonical’s store is told to renew, does so, and the device continues', async () => {
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

describe('a session', () => {
  const bad = { 'x-device-authorization': 'Macaroon root="bm90IG91cnM"' };
  const REFRESH = {
    context: [],
    actions: [{ action: 'install', 'instance-key': 'install-1', name: 'hello' }],
  };

  it('is checked by info, find, refresh and downloads', async () => {
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

  it('is not checked on public paths', async () => {
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
  ])('is invalid as %j', async (text) => {
    const { statusCode } = await client.get('/v2/snaps/info/hello', { 'snap-device-authorization': text });
    expect(statusCode).toBe(401);
  });

  it('may have any number of caveats up to the longest header, and uses no more memory for them', async () => {
    const sessions = store.app.get(SessionsService);
    const token = mintSession(await secret(), named('sn-1'), 'known-brand', Date.now());
    const narrowed = (times: number) => {
      let macaroon = parseMacaroon(token);
      for (let time = 0; time < times; time += 1)
        macaroon = addFirstPartyCaveat(macaroon, 'time-before 2999-01-01T00:00:00Z');
      return session(serializeMacaroon(macaroon));
    };
    const fitting = [...Array(100).keys()].filter(
      (times) => narrowed(times).length <= MAX_SESSION_HEADER_LENGTH,
    );
    const longest = narrowed(fitting.length - 1);
    expect(await sessions.check(longest)).toMatchObject({ serial: 'sn-1' });
    expect(sessions.recall(longest)).toMatchObject({ serial: 'sn-1' });
    expect(await sessions.check(narrowed(fitting.length))).toBeUndefined();
    const kept = sessions['remembered'];
    const before = kept.bytes;
    for (let times = 0; times < 20; times += 1) await sessions.check(narrowed(times));
    expect(kept.bytes - before).toBeLessThan(20 * 1_000);
  });

  it('is valid until the moment at which it expires', async () => {
    const minted = async (age: number) => {
      const token = mintSession(await secret(), named('sn-1'), 'known-brand', Date.now() - age);
      const headers = { 'snap-device-authorization': session(token) };
      return (await client.get('/v2/snaps/info/hello', headers)).statusCode;
    };
    expect(await minted(SESSION_LIFE_MS)).toBe(401);
    expect(await minted(SESSION_LIFE_MS - 60_000)).toBe(200);
  });

  it('must be renewed on its last day, as a refresh says next to its results', async () => {
    const refreshed = async (age: number) => {
      const token = mintSession(await secret(), named('sn-1'), 'known-brand', Date.now() - age);
      const body = {
        context: [],
        actions: [{ action: 'install', 'instance-key': 'install-1', name: 'hello' }],
      };
      const reply = await client.refresh(body, { 'snap-device-authorization': session(token) });
      const { results, 'error-list': errors } = reply.json<{ results: object[]; 'error-list': object[] }>();
      expect([reply.statusCode, results]).toMatchObject([200, [{ result: 'install', name: 'hello' }]]);
      return errors;
    };
    expect(await refreshed(SESSION_LIFE_MS - RENEWAL_MS - 60_000)).toEqual([]);
    expect(await refreshed(SESSION_LIFE_MS - RENEWAL_MS)).toEqual([
      { code: 'device-authorization-needs-refresh', message: 'the device session expires soon' },
    ]);
    const renewed = await client.open(known);
    const reply = await client.refresh(
      { context: [], actions: [] },
      { 'snap-device-authorization': renewed },
    );
    expect(reply.json()).toEqual({ 'error-list': [], results: [] });
  });

  it('ends if the secret that signed it changes, cached or not', async () => {
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
  it('is valid for one request, which may be repeated unchanged', async () => {
    const nonce = await client.nonce();
    const body = known.request({ nonce });
    expect((await client.post(body)).statusCode).toBe(200);
    expect((await client.post(body)).statusCode).toBe(200);
    const another = known.request({ nonce, headers: { timestamp: '2026-03-01T00:00:00Z' } });
    const reply = await client.post(another);
    expect([reply.statusCode, messageOf(reply)]).toEqual([
      400,
      'cannot open device session: its nonce is invalid: another request has used it',
    ]);
  });

  it('is used once if many requests come at the same time', async () => {
    const nonce = await client.nonce();
    const bodies = Array.from({ length: 8 }, (_, second) =>
      known.request({ nonce, headers: { timestamp: `2026-03-01T00:00:0${second}Z` } }),
    );
    const statuses = (await Promise.all(bodies.map((body) => client.post(body)))).map(
      ({ statusCode }) => statusCode,
    );
    expect(statuses.toSorted()).toEqual([200, 400, 400, 400, 400, 400, 400, 400]);
  });

  it('must be from this store and recent', async () => {
    const ours = await secret();
    const asked = async (nonce: string) => (await client.ask(known, { nonce })).statusCode;
    expect(await asked(issueNonce(ours, Date.now() - NONCE_LIFE_MS))).toBe(400);
    expect(await asked(issueNonce(ours, Date.now() - NONCE_LIFE_MS + 60_000))).toBe(200);
    expect(await asked(issueNonce(Buffer.alloc(32), Date.now()))).toBe(400);
    const good = issueNonce(ours, Date.now());
    expect(await asked(`${good.slice(0, -1)}${good.endsWith('A') ? 'B' : 'A'}x`)).toBe(400);
    for (const nonce of ['x', '\u{1f980}', '..', 'a'.repeat(30_000)]) expect(await asked(nonce)).toBe(400);
  });
});
