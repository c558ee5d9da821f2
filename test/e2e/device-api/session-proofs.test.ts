import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AssertionsService } from '../../../src/assertions/assertions.service.js';
import { MAX_SESSION_ASSERTION_BYTES } from '../../../src/common/limits.js';
import { MAX_SERIAL_LENGTH } from '../../../src/devices/session-request.js';
import { SettingsService } from '../../../src/settings/settings.service.js';
import { poll } from '../../support/poll.js';
import { StoreApp } from '../../support/store-app.js';
import { TestStoreStack } from '../../support/store-stack.js';
import { messageOf, SessionClient, TestDevice } from '../../support/test-device.js';

const POLICY = 'proxy.device-auth.foreign-serials';

const stack = new TestStoreStack();
const stranger = new TestStoreStack({ authorityId: 'elsewhere' });
const known = new TestDevice(stack, 'sn-1');
const foreign = new TestDevice(stranger, 'sn-9', 'far-brand');
let store: StoreApp;
let client: SessionClient;

async function set(key: string, value: string): Promise<void> {
  await store.app.get(SettingsService).set([[key, value]]);
}

beforeAll(async () => {
  store = await StoreApp.start();
  client = new SessionClient(store);
  await store.trust(stack.trusted());
  // The brand's key and account, but not the model and no serial.
  const brand = stack.chain(known.model).filter(({ type }) => type.name !== 'model');
  await store.app.get(AssertionsService).addAll(brand);
});
afterAll(() => store.stop());
beforeEach(() => set(POLICY, 'accept'));

describe('refuses', () => {
  it.each<[string, () => Parameters<TestDevice['request']>[0], string]>([
    [
      'another key',
      () => ({ key: stack.key('other') }),
      'the device-session-request is not signed by its device-key',
    ],
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
      expect.stringContaining('the signature does not match this content and key'),
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

it('refuses a nonce from another store before it checks anything else', async () => {
  const body = { ...known.request({ nonce: 'not ours' }), 'serial-assertion': 'none', 'model-assertion': '' };
  const reply = await client.post(body);
  expect([reply.statusCode, messageOf(reply)]).toEqual([
    400,
    'cannot open device session: its nonce is invalid: it is not from this store or has expired',
  ]);
});

describe('limits', () => {
  it('accepts a serial assertion up to the maximum length', async () => {
    const sized = (bodyBytes: number) =>
      stack.serial({ serial: 'sn-1', deviceKey: known.key }, { body: Buffer.alloc(bodyBytes, 'x') });
    // All of these lengths have five digits, so the rest of the assertion has the same length.
    const rest = sized(20_000).bytes.length - 20_000;
    const longest = sized(MAX_SESSION_ASSERTION_BYTES - rest);
    expect(longest.bytes.length).toBe(MAX_SESSION_ASSERTION_BYTES);
    expect((await client.ask(known, { serial: longest })).statusCode).toBe(200);
    const longer = await client.ask(known, { serial: sized(MAX_SESSION_ASSERTION_BYTES - rest + 1) });
    expect([longer.statusCode, messageOf(longer)]).toEqual([
      413,
      `cannot open device session: serial-assertion is longer than ${MAX_SESSION_ASSERTION_BYTES} bytes`,
    ]);
  });

  it('accepts a serial up to the maximum length, and no terminal control characters', async () => {
    const asked = async (serial: string) => await client.ask(new TestDevice(stack, serial));
    expect((await asked('s'.repeat(MAX_SERIAL_LENGTH))).statusCode).toBe(200);
    expect(messageOf(await asked('s'.repeat(MAX_SERIAL_LENGTH + 1)))).toContain('longer than 256 characters');
    expect(messageOf(await asked('s\u001b[31m'))).toContain('unprintable characters');
    expect(messageOf(await asked('s\u0000'))).toContain('unprintable characters');
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

  it('refuse accepts only serials that the store holds itself', async () => {
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

  it('accept refuses an unverified newer revision of a serial that the store holds', async () => {
    await set(POLICY, 'accept');
    const own = new TestDevice(stack, 'sn-kept');
    await store.app.get(AssertionsService).addAll(stack.chain(own.serial));
    const key = stack.key('nobody’s');
    const ask = async (signer: object) => {
      const named = { serial: 'sn-kept', deviceKey: stack.key('other') };
      const serial = stack.serial(named, { headers: { revision: '1' }, ...signer });
      return await client.ask(own, { serial, key: stack.key('other') });
    };
    const refused = await ask({ key });
    expect([refused.statusCode, messageOf(refused)]).toEqual([
      409,
      'cannot open device session: the store holds another serial brand/my-model/sn-kept',
    ]);
    expect((await ask({})).statusCode).toBe(200);
    expect((await client.ask(own)).statusCode).toBe(200);
  });

  it('applies to open sessions too', async () => {
    const headers = { 'snap-device-authorization': await client.open(foreign) };
    const ask = async () => (await client.get('/v2/snaps/find?q=x', headers)).statusCode;
    expect([await ask(), await ask()]).toEqual([200, 200]);
    await set(POLICY, 'accept-known-brands');
    expect(await poll(ask, (status) => status === 401)).toBe(401);
  });

  it('has three valid values', async () => {
    await expect(set(POLICY, 'maybe')).rejects.toThrow(
      `cannot set ${POLICY} to "maybe": give accept, accept-known-brands, refuse`,
    );
  });
});

it('an expired key of a brand still verifies what it signed before', async () => {
  const brand = stack.key('brand old-brand');
  const expired = stack.accountKey('old-brand', 'default', brand, {
    headers: { until: '2026-03-01T00:00:00Z' },
  });
  const account = stack.account('old-brand');
  const device = new TestDevice(stack, 'sn-old', 'old-brand');
  // It was stored when it was valid; stored assertions are not verified again.
  await store.app.get(AssertionsService).addAll([account, stack.storeAccountKey]);
  await store.query(
    `insert into assertion (type, primary_key, assertion_revision, format, authority_id, sign_key_id, bytes)
     values ('account-key', array['${expired.primaryKey[0]}'], 0, 0, '${stack.authorityId}', '${expired.signKeyId}',
       decode('${expired.bytes.toString('hex')}', 'hex'))`,
  );
  await set(POLICY, 'accept-known-brands');
  expect((await client.ask(device)).statusCode).toBe(200);
});
