import type { KeyObject } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { AssertionsService } from '../../../src/assertions/assertions.service.js';
import type { Assertion, HeaderMap } from '../../../src/assertions/format/assertion.js';
import { encodePublicKey, publicKeyId } from '../../../src/assertions/format/keys.js';
import { decodeStream } from '../../../src/assertions/format/stream.js';
import { privatePem } from '../../../src/common/crypto/pem.js';
import {
  API_KEY_GUESSES,
  MAX_DEVICE_KEY_BITS,
  MAX_SERIAL_BODY_BYTES,
  MAX_SERIAL_REQUEST_BYTES,
} from '../../../src/common/limits.js';
import { TransactionsService } from '../../../src/database/transactions.service.js';
import { DeviceLimitsService } from '../../../src/devices/device-limits.service.js';
import { DeviceModelsService } from '../../../src/devices/device-models.service.js';
import {
  DeviceRegistrationService,
  KEPT_REQUEST_MS,
} from '../../../src/devices/device-registration.service.js';
import { DeviceSessionNonceRepository } from '../../../src/devices/device-session-nonce.repository.js';
import { CLEAR_EVERY_MS, ExpiredRowsService } from '../../../src/devices/expired-rows.service.js';
import { RunningSnapsRepository } from '../../../src/devices/running-snaps.repository.js';
import { SerialRequestsRepository } from '../../../src/devices/serial-requests.repository.js';
import { NONCE_LIFE_MS } from '../../../src/devices/session-nonce.js';
import { MAX_SERIAL_LENGTH } from '../../../src/devices/session-request.js';
import { SigningKeysService } from '../../../src/keys/signing-keys.service.js';
import { createServer } from '../../../src/server.js';
import {
  forgedSerialRequest,
  nobodysKey,
  serialRequest,
  type OddSerialRequest,
} from '../../support/registering-device.js';
import { StoreApp } from '../../support/store-app.js';
import { TestStoreStack } from '../../support/store-stack.js';
import { SessionClient, TestDevice } from '../../support/test-device.js';
import { listen, send } from './wire.js';

const MEDIA_TYPE = 'application/x.ubuntu.assertion';
const API_KEY = 'abcdefgh12345678';
const AUTH = '/api/v1/snaps/auth';

/** A device without an API key. */
const NOBODY = { apiKey: undefined, address: '192.0.2.1' };

const stack = new TestStoreStack();
const model = stack.model();
const locked = stack.model({ model: 'locked' });
const waiting = stack.model({ model: 'waiting' });
const successor = stack.model({ model: 'successor' });
const few = stack.model({ model: 'few' });
const fewWaiting = stack.model({ model: 'few-waiting' });
let store: StoreApp;
let second: NestFastifyApplication;
let keys = 0;

/** The key of a new device. */
const newKey = () => stack.key(`registering ${(keys += 1)}`);

interface Answer {
  readonly statusCode: number;
  readonly headers: Record<string, unknown>;
  readonly rawPayload: Buffer;
}

async function post(
  body: Buffer | string,
  headers: Record<string, string> = {},
  { app = store.app, url = `${AUTH}/devices` } = {},
): Promise<Answer> {
  const all = { 'content-type': MEDIA_TYPE, 'user-agent': 'snapd/2.57.6 (classic)', ...headers };
  return await app.inject({ method: 'POST', url, headers: all, payload: body });
}

async function requestId(url = `${AUTH}/request-id`): Promise<string> {
  const reply = await store.app.inject({ method: 'POST', url });
  expect(reply.statusCode).toBe(200);
  expect(reply.headers['content-type']).toBe('application/json');
  return reply.json<{ 'request-id': string }>()['request-id'];
}

async function register(
  key = newKey(),
  odd: OddSerialRequest & { of?: Assertion; requestId?: string } = {},
  headers: Record<string, string> = {},
): Promise<Answer> {
  const request = serialRequest(odd.of ?? model, key, odd.requestId ?? (await requestId()), odd);
  return await post(request, headers);
}

function serialIn({ statusCode, headers, rawPayload }: Answer): Assertion {
  expect({ statusCode, type: headers['content-type'], body: rawPayload.toString() }).toMatchObject({
    statusCode: 200,
    type: MEDIA_TYPE,
  });
  const serials = decodeStream(rawPayload).filter(({ type }) => type.name === 'serial');
  expect(serials).toHaveLength(1);
  return serials[0] as Assertion;
}

function refusal({ statusCode, headers, rawPayload }: Answer): [number, string] {
  expect(headers['content-type']).toBe('application/json');
  return [statusCode, (JSON.parse(rawPayload.toString()) as { message: string }).message];
}

async function createModel(
  name: string,
  more: { apiKey?: string; remodelFrom?: string[]; maxSerials?: number } = {},
) {
  const request = { name, brandId: undefined, apiKey: undefined, remodelFrom: [], replace: false, ...more };
  return await store.app.get(DeviceModelsService).create(request);
}

beforeAll(async () => {
  store = await StoreApp.start();
  await store.trust(stack.trusted());
  await store.app
    .get(AssertionsService)
    .addAll(
      stack.chain(
        model,
        locked,
        waiting,
        successor,
        few,
        fewWaiting,
        stack.model({ brandId: 'other', model: 'theirs' }),
      ),
    );
  const file = join(store.directory, 'brand.pem');
  writeFileSync(file, privatePem(stack.key('brand brand')));
  await store.app.get(SigningKeysService).create('brand-key', { file });
  await createModel('my-model');
  await createModel('locked', { apiKey: API_KEY });
  await createModel('waiting');
  await createModel('few', { maxSerials: 2 });
  await createModel('few-waiting', { maxSerials: 2 });
  await createModel('successor', { remodelFrom: ['my-model'] });
  for (const name of ['my-model', 'locked', 'successor', 'few'])
    await store.app.get(DeviceModelsService).createPolicy(name, 'brand-key');
  second = await createServer();
});
afterAll(async () => {
  await second.close();
  await store.stop();
});

describe('a device without a serial', () => {
  it('gets one over HTTP that repeats its values and is signed by the brand', async () => {
    const key = newKey();
    const port = await listen(second);
    const id = await send(port, { method: 'POST', path: `${AUTH}/request-id` });
    expect(id.headers['content-type']).toBe('application/json');
    const { 'request-id': given } = JSON.parse(id.body.toString()) as { 'request-id': string };
    const body = serialRequest(model, key, given, { body: Buffer.from('mac: aa:bb\n') });
    const reply = await send(port, {
      method: 'POST',
      path: `${AUTH}/devices`,
      headers: { 'Content-Type': MEDIA_TYPE },
      body,
    });
    expect({ status: reply.status, type: reply.headers['content-type'] }).toEqual({
      status: 200,
      type: MEDIA_TYPE,
    });
    const [serial, ...others] = decodeStream(reply.body);
    expect(others).toEqual([]);
    expect(serial?.headers).toMatchObject({
      'authority-id': 'brand',
      'brand-id': 'brand',
      model: 'my-model',
      'device-key-sha3-384': publicKeyId(key),
    });
    expect(serial?.body.toString()).toBe('mac: aa:bb\n');
    expect(serial?.signKeyId).toBe(publicKeyId(stack.key('brand brand')));
    expect(await store.app.get(AssertionsService).find('serial', serial?.primaryKey ?? [])).toBeDefined();
  });

  it.each(['', AUTH])('finds the service below %j, as device-service.url names it', async (base) => {
    const key = newKey();
    const request = serialRequest(model, key, await requestId(`${base}/request-id`));
    expect(serialIn(await post(request, {}, { app: store.app, url: `${base}/serial` })).primaryKey[1]).toBe(
      'my-model',
    );
  });

  it('gets all prerequisites up to a trusted root if it accepts a stream', async () => {
    const reply = await register(newKey(), {}, { 'snap-device-capabilities': 'serial-stream' });
    serialIn(reply);
    const types = decodeStream(reply.rawPayload).map(({ type }) => type.name);
    expect(types.toSorted()).toEqual(['account', 'account-key', 'account-key', 'serial']);
  });

  it('gets the serial that it proposes, up to the maximum length', async () => {
    const serial = 's'.repeat(MAX_SERIAL_LENGTH);
    expect(serialIn(await register(newKey(), { headers: { serial } })).primaryKey[2]).toBe(serial);
    expect(refusal(await register(newKey(), { headers: { serial: `${serial}s` } }))).toEqual([
      400,
      `cannot register device: its serial is longer than ${MAX_SERIAL_LENGTH} characters`,
    ]);
  });

  it('opens a session with it, as a serial of this store', async () => {
    const device = new TestDevice(stack, 'sn-own');
    const serial = serialIn(await register(device.key, { headers: { serial: 'sn-own' } }));
    const client = new SessionClient(store);
    expect((await client.ask(device, { serial })).statusCode).toBe(200);
    expect(await store.query("select serial_trust, snaps from device where serial = 'sn-own'")).toEqual([
      { serial_trust: 'own', snaps: null },
    ]);
  });
});

describe('each key has one serial', () => {
  it('the same request and a new one return the same serial', async () => {
    const key = newKey();
    const request = serialRequest(model, key, await requestId());
    const first = serialIn(await post(request));
    expect(serialIn(await post(request)).bytes).toEqual(first.bytes);
    expect(serialIn(await register(key)).bytes).toEqual(first.bytes);
  });

  it('two units that are asked at once return the same serial, which is stored once', async () => {
    const key = newKey();
    const requests = await Promise.all(
      Array.from({ length: 8 }, async () => serialRequest(model, key, await requestId())),
    );
    const replies = await Promise.all(
      requests.map((request, index) =>
        post(request, {}, { app: index % 2 ? second : store.app, url: `${AUTH}/devices` }),
      ),
    );
    const serials = new Set(replies.map((reply) => serialIn(reply).bytes.toString()));
    expect(serials.size).toBe(1);
    const rows = await store.query(`select from issued_serial where device_key_id = '${publicKeyId(key)}'`);
    expect(rows).toHaveLength(1);
  });

  it('if two keys propose the same serial at once, one gets it', async () => {
    const headers = { serial: 'wanted' };
    const requests = await Promise.all(
      [newKey(), newKey()].map(async (key) => serialRequest(model, key, await requestId(), { headers })),
    );
    const replies = await Promise.all(
      requests.map((request, index) =>
        post(request, {}, { app: index ? second : store.app, url: `${AUTH}/devices` }),
      ),
    );
    expect(replies.map(({ statusCode }) => statusCode).toSorted()).toEqual([200, 409]);
    const refused = replies.find(({ statusCode }) => statusCode === 409);
    expect(refused && refusal(refused)[1]).toBe(
      'cannot register device: serial "wanted" belongs to a device with another key',
    );
  });

  describe.each(['signed', 'stored'])('if another request was faster while it was %s', (moment) => {
    /** Runs `work` once, while this store signs or before it stores the result. */
    function meanwhile(work: () => Promise<unknown>): void {
      const signingKeys = store.app.get(SigningKeysService);
      const transactions = store.app.get(TransactionsService);
      const signer = signingKeys.signer.bind(signingKeys);
      const run = transactions.run.bind(transactions);
      vi.spyOn(signingKeys, 'signer').mockImplementationOnce(async (name) => {
        if (moment === 'signed') await work();
        else
          vi.spyOn(transactions, 'run').mockImplementationOnce(async (unit) => {
            await work();
            return await run(unit);
          });
        return await signer(name);
      });
    }
    afterEach(() => vi.restoreAllMocks());

    /** Registers at the other unit, a minute later, so that the timestamp differs. */
    async function registerElsewhere(key: KeyObject, serial: string): Promise<Assertion | undefined> {
      const request = serialRequest(model, key, await requestId(), { headers: { serial } });
      const other = second.get(DeviceRegistrationService);
      return await other.register(request, NOBODY, Date.now() + 60_000);
    }
    const issued = async (serial: string) =>
      await store.query(`select device_key_id from issued_serial where serial = '${serial}'`);

    it('another key that asks for that serial is refused', async () => {
      const serial = `wanted while ${moment}`;
      const first = newKey();
      meanwhile(async () => await registerElsewhere(first, serial));
      expect(refusal(await register(newKey(), { headers: { serial } }))).toEqual([
        409,
        `cannot register device: serial "${serial}" belongs to a device with another key`,
      ]);
      expect(await issued(serial)).toEqual([{ device_key_id: publicKeyId(first) }]);
    });

    it('the same key gets the serial from there', async () => {
      const key = newKey();
      const serial = `mine while ${moment}`;
      let first: Assertion | undefined;
      meanwhile(async () => (first = await registerElsewhere(key, serial)));
      const again = serialIn(await register(key, { headers: { serial } }));
      expect(again.bytes).toEqual(first?.bytes);
      expect(await issued(serial)).toHaveLength(1);
    });

    it('a serial from ack is neither given to another key nor recorded for it', async () => {
      const device = new TestDevice(stack, `acknowledged while ${moment}`);
      const key = newKey();
      meanwhile(async () => await store.app.get(AssertionsService).addAll([device.serial]));
      expect(refusal(await register(key, { headers: { serial: device.name } }))[0]).toBe(409);
      expect(await issued(device.name)).toEqual([]);
      expect(serialIn(await register(key)).primaryKey[2]).not.toBe(device.name);
    });

    it('its own serial from ack is returned', async () => {
      const device = new TestDevice(stack, `its own, while ${moment}`);
      meanwhile(async () => await store.app.get(AssertionsService).addAll([device.serial]));
      const headers = { serial: device.name };
      for (let times = 0; times < 2; times += 1)
        expect(serialIn(await register(device.key, { headers })).bytes).toEqual(device.serial.bytes);
    });
  });

  it('a serial from ack belongs to its key', async () => {
    const device = new TestDevice(stack, 'from-elsewhere');
    await store.app.get(AssertionsService).addAll([device.serial]);
    const headers = { serial: 'from-elsewhere' };
    expect(refusal(await register(newKey(), { headers }))[0]).toBe(409);
    expect(serialIn(await register(device.key, { headers })).bytes).toEqual(device.serial.bytes);
    expect(serialIn(await register(device.key)).bytes).toEqual(device.serial.bytes);
    expect(refusal(await register(device.key, { headers: { serial: 'another' } }))[0]).toBe(409);
  });

  it('a key with a serial gets no other serial', async () => {
    const key = newKey();
    serialIn(await register(key, { headers: { serial: 'first' } }));
    expect(refusal(await register(key, { headers: { serial: 'second' } }))).toEqual([
      409,
      'cannot register device: its key already has serial "first", but it asks for "second"',
    ]);
  });
});

describe('a request-id', () => {
  it('is valid for one request', async () => {
    const id = await requestId();
    serialIn(await register(newKey(), { requestId: id }));
    expect(refusal(await register(newKey(), { requestId: id }))).toEqual([
      400,
      'cannot register device: another request has already used its request-id',
    ]);
  });

  it('must be from this store, and must not be a nonce of a session', async () => {
    const why = 'cannot register device: its request-id is not from this store or has expired';
    for (const made of ['REQID-1', await new SessionClient(store).nonce()])
      expect(refusal(await register(newKey(), { requestId: made }))).toEqual([400, why]);
  });

  it('is valid until it expires, and longer for an accepted request', async () => {
    const registrations = store.app.get(DeviceRegistrationService);
    const id = await registrations.issueRequestId(0);
    const request = serialRequest(waiting, newKey(), id);
    await expect(registrations.register(request, NOBODY, NONCE_LIFE_MS)).rejects.toThrow('has expired');
    expect(await registrations.register(request, NOBODY, NONCE_LIFE_MS - 1)).toBeUndefined();
    expect(await registrations.register(request, NOBODY, KEPT_REQUEST_MS)).toBeUndefined();
  });
});

describe('a waiting device', () => {
  it('is told to ask again, and gets its serial when there is a policy', async () => {
    const request = serialRequest(waiting, newKey(), await requestId());
    const later = await post(request);
    expect({ status: later.statusCode, type: later.headers['content-type'] }).toEqual({
      status: 202,
      type: 'application/json',
    });
    expect(await store.query("select from issued_serial where model = 'waiting'")).toEqual([]);
    await store.app.get(DeviceModelsService).createPolicy('waiting', 'brand-key');
    expect(serialIn(await post(request)).primaryKey[1]).toBe('waiting');
  });
});

describe('the number of stored rows', () => {
  const requestsOf = async (key: KeyObject) =>
    await store.query(
      `select expires_at < now() + interval '11 minutes' as soon from serial_request
       where device_key_id = '${publicKeyId(key)}'`,
    );

  it('is at most the maximum of serials of the model, at any number of units', async () => {
    const key = newKey();
    const serial = serialIn(await register(key, { of: few }));
    const more = await Promise.all(
      Array.from({ length: 4 }, async () => serialRequest(few, newKey(), await requestId())),
    );
    const replies = await Promise.all(
      more.map((request, index) =>
        post(request, {}, { app: index % 2 ? second : store.app, url: `${AUTH}/devices` }),
      ),
    );
    const refused = replies.filter(({ statusCode }) => statusCode !== 200);
    const why =
      'cannot register device: model brand/few already has 2 devices, which is its limit (--max-serials of `create model`)';
    expect(refused.map((reply) => refusal(reply))).toEqual([0, 1, 2].map(() => [403, why]));
    expect(await store.query(`select from issued_serial where model = 'few'`)).toHaveLength(2);
    expect(
      await store.query(`select from assertion where type = 'serial' and primary_key[2] = 'few'`),
    ).toHaveLength(2);
    expect(await store.query(`select from device where model = 'few'`)).toHaveLength(2);
    // A device that has one gets it again.
    expect(serialIn(await register(key, { of: few })).bytes).toEqual(serial.bytes);
  });

  it('is at most the maximum of serials for waiting requests', async () => {
    const keysThatWait = [newKey(), newKey()];
    for (const key of keysThatWait) expect((await register(key, { of: fewWaiting })).statusCode).toBe(202);
    expect(refusal(await register(newKey(), { of: fewWaiting }))[0]).toBe(403);
    expect(await store.query(`select from serial_request where model = 'few-waiting'`)).toHaveLength(2);
  });

  it('is one request for each key, while the request can be repeated', async () => {
    const key = newKey();
    for (let times = 0; times < 3; times += 1) serialIn(await register(key));
    expect(await requestsOf(key)).toEqual([{ soon: true }]);
    const waits = newKey();
    const id = await requestId();
    for (let times = 0; times < 2; times += 1)
      expect((await register(waits, { of: fewWaiting, requestId: id })).statusCode).toBe(403);
    expect(await requestsOf(waits)).toEqual([]);
  });

  it('goes down when rows expire, even if no new requests come', async () => {
    await store.query(`insert into device_session_nonce values ('old', '\\x${'00'.repeat(48)}', now() - interval '1 s'),
      ('young', '\\x${'00'.repeat(48)}', now() + interval '1 h')`);
    await store.query(`insert into serial_request (request_id, request_digest, expires_at)
      values ('old', '\\x${'00'.repeat(48)}', now() - interval '1 s'), ('young', '\\x${'00'.repeat(48)}', now() + interval '1 h')`);
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const expired = new ExpiredRowsService(
      store.app.get(DeviceSessionNonceRepository),
      store.app.get(SerialRequestsRepository),
      store.app.get(RunningSnapsRepository),
    );
    expired.start();
    vi.advanceTimersByTime(CLEAR_EVERY_MS);
    await expired.beforeApplicationShutdown();
    vi.useRealTimers();
    const old = `('old', 'young')`;
    expect(await store.query(`select nonce from device_session_nonce where nonce in ${old}`)).toEqual([
      { nonce: 'young' },
    ]);
    expect(await store.query(`select request_id from serial_request where request_id in ${old}`)).toEqual([
      { request_id: 'young' },
    ]);
  });
});

describe('a request is refused, with nothing changed, for', () => {
  const other: HeaderMap = { 'brand-id': 'other' };
  const cases: [string, () => Promise<Answer>, number, string | RegExp][] = [
    [
      'an unknown model',
      () => register(newKey(), { of: stack.model({ brandId: 'other', model: 'theirs' }) }),
      404,
      'cannot register device: this store registers no devices of model other/theirs',
    ],
    [
      'a request for another brand than its model',
      () => register(newKey(), { headers: other }),
      400,
      'cannot register device: the model has brand-id "brand", but the request has "other"',
    ],
    [
      'a missing api-key',
      () => register(newKey(), { of: locked }),
      403,
      'cannot register device: devices of model brand/locked must send an api-key',
    ],
    [
      'a wrong api-key',
      () => register(newKey(), { of: locked }, { 'api-key': `${API_KEY}x` }),
      403,
      'cannot register device: its api-key is wrong for model brand/locked',
    ],
    [
      'a model that another key signed',
      () =>
        register(newKey(), {
          along: [stack.model({}, { key: stack.key('nobody'), headers: { revision: '1' } })],
        }),
      400,
      /^cannot verify model\/16\/brand\/my-model: missing account-key /,
    ],
    [
      'a serial with a slash',
      () => register(newKey(), { headers: { serial: 'a/b' } }),
      400,
      'cannot register device: its serial "a/b" contains a slash',
    ],
    [
      'two models',
      () => register(newKey(), { along: [model, model] }),
      400,
      'cannot register device: the request has more than one model',
    ],
    [
      'an assertion of a wrong type',
      () => register(newKey(), { along: [stack.rootAccount] }),
      400,
      'cannot register device: a request for a serial must not contain an assertion of type account',
    ],
    ['an empty body', () => post(''), 400, 'cannot register device: the stream has no serial-request'],
    [
      'JSON',
      () => post('{}', { 'content-type': 'application/json' }),
      400,
      'cannot register device: the body is not a stream of assertions',
    ],
  ];

  it.each(cases)('%s', async (_name, ask, status, why) => {
    const before = await store.state();
    const [code, message] = refusal(await ask());
    expect(code).toBe(status);
    if (typeof why === 'string') expect(message).toBe(why);
    else expect(message).toMatch(why);
    expect(await store.state()).toEqual(before);
  });

  it('a request that its key did not sign', async () => {
    const request = serialRequest(model, newKey(), await requestId(), { headers: { serial: 'sn-a' } });
    const changed = Buffer.from(request.toString('latin1').replace('serial: sn-a', 'serial: sn-b'), 'latin1');
    expect(refusal(await post(changed))[1]).toMatch(/the signature does not match this content and key/);
  });

  it.each([undefined, '1', '999999999'])(
    'a request with the id of another key, format %s',
    async (format) => {
      const victim = newKey();
      const serial = serialIn(await register(victim));
      const attacker = newKey();
      const before = await store.state();
      const reply = await post(
        forgedSerialRequest(model, {
          requestId: await requestId(),
          deviceKey: encodePublicKey(attacker),
          signKeyId: publicKeyId(victim),
          key: attacker,
          ...(format !== undefined && { format }),
        }),
      );
      expect(reply.statusCode).toBe(400);
      expect(reply.rawPayload.includes(serial.primaryKey[2] ?? '')).toBe(false);
      expect(await store.state()).toEqual(before);
    },
  );

  it('a key of less than 2048 bits', async () => {
    const weak = new TestStoreStack({ authorityId: 'weak', keyBits: 2_040 }).key('device');
    expect(refusal(await register(weak))[1]).toBe(
      'cannot register device: its key has 2040 bits: at least 2048 are required',
    );
  });

  it.each([
    [MAX_DEVICE_KEY_BITS, /the signature does not match this content and key$/],
    [MAX_DEVICE_KEY_BITS + 8, /^cannot register device: its key has 8200 bits: at most 8192 are accepted$/],
  ])('a key of %d bits, whose signature is verified only up to the maximum size', async (bits, why) => {
    const deviceKey = nobodysKey(bits);
    const signed = { deviceKey, signKeyId: deviceKey.id, key: newKey(), requestId: await requestId() };
    expect(refusal(await post(forgedSerialRequest(model, signed)))[1]).toMatch(why);
  });

  it('a body one byte too long, but not one of the maximum length', async () => {
    const asked = async (bytes: number) => await register(newKey(), { body: Buffer.alloc(bytes, 'x') });
    expect(refusal(await asked(MAX_SERIAL_BODY_BYTES + 1))).toEqual([
      413,
      `cannot register device: the body of its serial-request is longer than ${MAX_SERIAL_BODY_BYTES} bytes`,
    ]);
    expect(serialIn(await asked(MAX_SERIAL_BODY_BYTES)).body.length).toBe(MAX_SERIAL_BODY_BYTES);
  });

  it('a stream one byte too long, but not one of the maximum length', async () => {
    const id = await requestId();
    const key = newKey();
    const sized = (bytes: number) =>
      serialRequest(model, key, id, {
        along: [stack.model({}, { headers: { revision: '1', 'x-filling': 'x'.repeat(bytes) } })],
      });
    const rest = sized(1).length - 1;
    const longest = sized(MAX_SERIAL_REQUEST_BYTES - rest);
    expect(longest.length).toBe(MAX_SERIAL_REQUEST_BYTES);
    expect(refusal(await post(sized(MAX_SERIAL_REQUEST_BYTES - rest + 1)))).toEqual([
      413,
      `cannot register device: the request is longer than ${MAX_SERIAL_REQUEST_BYTES} bytes`,
    ]);
    serialIn(await post(longest));
  });
});

it('answers too many wrong keys with the status after which snapd asks again by itself', async () => {
  const paused = stack.model({ model: 'paused' });
  await store.app.get(AssertionsService).addAll(stack.chain(paused));
  await createModel('paused', { apiKey: API_KEY });
  const guesses = store.app.get(DeviceLimitsService)['apiKeys'];
  for (let times = 0; times < 2 * API_KEY_GUESSES.free; times += 1) guesses.failed('127.0.0.1 brand/paused');
  const reply = await register(newKey(), { of: paused }, { 'api-key': API_KEY });
  expect(refusal(reply)).toEqual([
    503,
    expect.stringContaining('too many wrong ones came from this address'),
  ]);
  expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0);
});

it('registers a device with the right api-key', async () => {
  expect(serialIn(await register(newKey(), { of: locked }, { 'api-key': API_KEY })).primaryKey[1]).toBe(
    'locked',
  );
});

describe('the key that signs', () => {
  async function hold(name: string, accountKey: Assertion, label: string): Promise<void> {
    await store.app.get(AssertionsService).addAll(stack.chain(accountKey));
    const file = join(store.directory, `${name}.pem`);
    writeFileSync(file, privatePem(stack.key(label)));
    await store.app.get(SigningKeysService).create(name, { file });
  }

  it('may belong to an account that the model names', async () => {
    const delegated = stack.model({ model: 'delegated' }, { headers: { 'serial-authority': ['other'] } });
    await store.app.get(AssertionsService).addAll(stack.chain(delegated));
    await hold(
      'other-key',
      stack.accountKey('other', 'serials', stack.key('other serials')),
      'other serials',
    );
    await createModel('delegated');
    await store.app.get(DeviceModelsService).createPolicy('delegated', 'other-key');
    const serial = serialIn(await register(newKey(), { of: delegated }));
    expect(serial.authorityId).toBe('other');
    await expect(store.app.get(DeviceModelsService).createPolicy('waiting', 'other-key')).rejects.toThrow(
      'cannot create serial policy: other-key is a key of other, which may not sign for brand/waiting',
    );
  });

  it('signs until the last second of its validity', async () => {
    const until = new Date(Date.now() + 60 * 60 * 1_000);
    const headers = { until: until.toISOString() };
    const key = stack.key('short-lived');
    const accountKey = stack.accountKey('brand', 'short-lived', key, { headers });
    await hold('short-lived', accountKey, 'short-lived');
    const models = store.app.get(DeviceModelsService);
    await models.createPolicy('successor', 'short-lived');
    const registrations = store.app.get(DeviceRegistrationService);
    const ask = async (now: number) => {
      const request = serialRequest(successor, newKey(), await registrations.issueRequestId(now));
      return await registrations.register(request, NOBODY, now);
    };
    expect((await ask(until.getTime() - 1))?.signKeyId).toBe(publicKeyId(key));
    await expect(ask(until.getTime())).rejects.toThrow(/the key that signs it, \S+, is not valid now/);
    await expect(models.createPolicy('successor', 'short-lived', undefined, until)).rejects.toThrow(
      'cannot create serial policy: short-lived is not valid now',
    );
    await models.createPolicy('successor', 'brand-key');
  });

  it('does not sign if its constraints forbid it', async () => {
    const constraints = [{ headers: { type: 'model', model: '.*' } }];
    const accountKey = stack.accountKey('brand', 'models', stack.key('models only'), {
      headers: { format: '1', constraints },
    });
    await hold('models-only', accountKey, 'models only');
    await store.app.get(DeviceModelsService).createPolicy('successor', 'models-only');
    const before = await store.state();
    expect(refusal(await register(newKey(), { of: successor }))).toEqual([
      400,
      expect.stringMatching(/^cannot verify serial\/brand\/successor\/\S+: the constraints of the key/),
    ]);
    // Its request-id is used up: a device signs a request once.
    expect(await store.state()).toEqual({ ...before, serial_request: expect.arrayContaining([]) });
    await store.app.get(DeviceModelsService).createPolicy('successor', 'brand-key');
  });
});

describe('a device that is remodelled', () => {
  const asOf = (serial: Assertion): HeaderMap => ({
    'original-brand-id': serial.primaryKey[0] ?? '',
    'original-model': serial.primaryKey[1] ?? '',
    'original-serial': serial.primaryKey[2] ?? '',
  });

  it('keeps its serial', async () => {
    const key = newKey();
    const old = serialIn(await register(key));
    const reply = await register(key, { of: successor, headers: asOf(old), along: [successor, old] });
    expect(serialIn(reply).primaryKey).toEqual(['brand', 'successor', old.primaryKey[2]]);
  });

  it('must come from an allowed model', async () => {
    const key = newKey();
    const old = serialIn(await register(key, { of: locked }, { 'api-key': API_KEY }));
    const reply = await register(key, { of: successor, headers: asOf(old), along: [successor, old] });
    expect(refusal(reply)).toEqual([
      403,
      'cannot register device: devices of model brand/locked may not become brand/successor',
    ]);
  });

  it('must have the key of the old serial, and must send that serial', async () => {
    const old = serialIn(await register());
    const along = [successor, old];
    expect(refusal(await register(newKey(), { of: successor, headers: asOf(old), along }))[1]).toBe(
      'cannot register device: its old serial belongs to another key',
    );
    expect(refusal(await register(newKey(), { of: successor, headers: asOf(old) }))[1]).toBe(
      'cannot register device: it states that it was another model, but sends no serial of that model',
    );
  });

  it('must have a serial that is signed by a key that the store knows', async () => {
    const foreign = new TestStoreStack({ authorityId: 'elsewhere' });
    const key = newKey();
    const old = foreign.serial({ deviceKey: key, serial: 'made-up' });
    const reply = await register(key, { of: successor, headers: asOf(old), along: [successor, old] });
    expect(refusal(reply)).toEqual([
      403,
      'cannot register device: the store does not know the key that signs its old serial',
    ]);
  });
});
