import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AssertionsService } from '../../../src/assertions/assertions.service.js';
import type { Assertion } from '../../../src/assertions/format/assertion.js';
import { decodeStream } from '../../../src/assertions/format/stream.js';
import { digestToBase64url, sha3_384 } from '../../../src/common/crypto/digest.js';
import { privatePem } from '../../../src/common/crypto/pem.js';
import { MAX_SERIALS_OF_HARDWARE } from '../../../src/common/limits.js';
import { DeviceModelsService, MAX_HARDWARE_ISSUERS } from '../../../src/devices/device-models.service.js';
import { SigningKeysService } from '../../../src/keys/signing-keys.service.js';
import { serialRequest, type OddSerialRequest } from '../../support/registering-device.js';
import { StoreApp } from '../../support/store-app.js';
import { TestStoreStack } from '../../support/store-stack.js';

const stack = new TestStoreStack();
const model = stack.model({ model: 'proven' });
const byMaker = stack.model({ model: 'by-maker' });
const open = stack.model({ model: 'open' });
const heir = stack.model({ model: 'heir' });
const pair = stack.model({ model: 'proven-heir' });
let store: StoreApp;
let keys = 0;
/** The key of the device that most of these tests use. */
const deviceKey = stack.key('device');
const newKey = () => stack.key(`proving ${(keys += 1)}`);

/** The hardware of a device, with a key that never leaves it. */
class Hardware {
  readonly identity: Assertion;
  readonly keyId: string;

  constructor(
    readonly privateKey: KeyObject,
    publicKey: KeyObject,
    issuer = 'brand',
  ) {
    // RFC 7468 without the first and last lines.
    const text = publicKey
      .export({ format: 'pem', type: 'spki' })
      .toString()
      .trim()
      .split('\n')
      .slice(1, -1)
      .join('\n');
    this.keyId = digestToBase64url(sha3_384(Buffer.from(text)));
    this.identity = stack.signByBrand('hardware-identity', issuer, {
      'issuer-id': issuer,
      manufacturer: 'Acme',
      'hardware-name': 'board-1',
      'hardware-id': `hw-${this.keyId.slice(0, 8)}`,
      'hardware-id-key': text,
      'hardware-id-key-sha3-384': this.keyId,
    });
  }

  /** The body from the gadget's hook, as snapd 2.74 requires it. */
  body(id: string, { hash = 'sha256', ...more }: { hash?: string } & Record<string, unknown> = {}): Buffer {
    const signature = sign(hash, Buffer.from(id), this.privateKey).toString('base64');
    return Buffer.from(
      JSON.stringify({ 'hardware-id-key-sha384': this.keyId, 'request-id-signature': signature, ...more }),
    );
  }
}

const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength });
const hardware = (pairOfKeys: { privateKey: KeyObject; publicKey: KeyObject }, issuer?: string) =>
  new Hardware(pairOfKeys.privateKey, pairOfKeys.publicKey, issuer);

const board = hardware(ec('P-256'));
const kinds: [string, Hardware, string][] = [
  ['ECDSA P-256, SHA-256', board, 'sha256'],
  ['ECDSA P-384, SHA-384', hardware(ec('P-384')), 'sha384'],
  ['ECDSA P-521, SHA3-384', hardware(ec('P-521')), 'sha3-384'],
  ['RSA 2048, SHA-256', hardware(rsa(2_048)), 'sha256'],
  ['RSA 3072, SHA-512', hardware(rsa(3_072)), 'sha512'],
];
const weak = hardware(rsa(1_024));
const edwards = hardware(generateKeyPairSync('ed25519'));
const makers = hardware(ec('P-256'), 'maker');
const unknown = hardware(ec('P-256'));

async function requestId(): Promise<string> {
  const reply = await store.app.inject({ method: 'POST', url: '/api/v1/snaps/auth/request-id' });
  return reply.json<{ 'request-id': string }>()['request-id'];
}

async function register(of: Assertion, id: string, odd: OddSerialRequest, key = deviceKey) {
  return await store.app.inject({
    method: 'POST',
    url: '/api/v1/snaps/auth/devices',
    headers: { 'content-type': 'application/x.ubuntu.assertion', 'user-agent': 'snapd/2.74 (series 16)' },
    payload: serialRequest(of, key, id, odd),
  });
}

/** Registers a device with defaults and the given exceptions. */
async function prove(
  device: Hardware,
  {
    of = model,
    hash = 'sha256',
    key = deviceKey,
    ...more
  }: { of?: Assertion; hash?: string; key?: KeyObject } & Record<string, unknown> = {},
) {
  const id = await requestId();
  return await register(of, id, { body: device.body(id, { hash, ...more }) }, key);
}

function refusal({ statusCode, body }: { statusCode: number; body: string }): [number, string] {
  return [statusCode, (JSON.parse(body) as { message: string }).message];
}

async function createModel(
  name: string,
  hardwareIssuers: readonly string[],
  remodelFrom: readonly string[] = [],
) {
  const models = store.app.get(DeviceModelsService);
  const request = {
    name,
    brandId: undefined,
    apiKey: undefined,
    remodelFrom,
    hardwareIssuers,
    replace: false,
  };
  const made = await models.create(request);
  await models.createPolicy(name, 'brand-key');
  return made;
}

beforeAll(async () => {
  store = await StoreApp.start();
  await store.trust(stack.trusted());
  const identities = [...kinds.map(([, device]) => device), weak, edwards, makers].map(
    ({ identity }) => identity,
  );
  // In one stream, as a factory exports them.
  await store.app.get(AssertionsService).addAll(stack.chain(model, byMaker, open, heir, pair, ...identities));
  const file = join(store.directory, 'brand.pem');
  writeFileSync(file, privatePem(stack.key('brand brand')));
  await store.app.get(SigningKeysService).create('brand-key', { file });
  await createModel('proven', ['brand']);
  await createModel('by-maker', ['brand', 'maker']);
  await createModel('open', []);
  await createModel('heir', ['brand'], ['open']);
  await createModel('proven-heir', ['brand'], ['proven']);
});
afterAll(() => store.stop());

describe('a model whose devices prove their hardware', () => {
  it.each(kinds)(
    'gives a serial to a device that signed the request-id with %s',
    async (_name, device, hash) => {
      const reply = await prove(device, { hash });
      expect([reply.statusCode, reply.headers['content-type']]).toEqual([
        200,
        'application/x.ubuntu.assertion',
      ]);
      const [serial] = decodeStream(reply.rawPayload);
      expect(serial?.primaryKey.slice(0, 2)).toEqual(['brand', 'proven']);
    },
  );

  it.each([
    [
      "the name of Ubuntu Core's documentation",
      { 'hardware-id-key-sha384': undefined, 'hardware-id-key-sha3-384': board.keyId },
    ],
    [
      'hexadecimal digits',
      { 'hardware-id-key-sha384': Buffer.from(board.keyId, 'base64url').toString('hex') },
    ],
    [
      'standard base64',
      { 'hardware-id-key-sha384': Buffer.from(board.keyId, 'base64url').toString('base64') },
    ],
    ['an additional field', { 'later-field': [1] }],
  ])('reads the digest under %s', async (_name, more) => {
    expect((await prove(board, more)).statusCode).toBe(200);
  });

  it('accepts the hardware of each issuer that it names, and of no other', async () => {
    expect((await prove(makers, { of: byMaker })).statusCode).toBe(200);
    expect((await prove(board, { of: byMaker })).statusCode).toBe(200);
    expect(refusal(await prove(makers))).toEqual([
      403,
      `cannot register device: the store holds no hardware-identity of ${makers.keyId} that is accepted for brand/proven`,
    ]);
  });

  it('refuses a proof of other hardware or for another request', async () => {
    const [id, other] = [await requestId(), await requestId()];
    const notSigned = [
      403,
      `cannot register device: its hardware key ${board.keyId} did not sign the request-id`,
    ];
    expect(refusal(await register(model, id, { body: board.body(other) }))).toEqual(notSigned);
    const forged = makers.body(id, { 'hardware-id-key-sha384': board.keyId });
    expect(refusal(await register(model, id, { body: forged }))).toEqual(notSigned);
    expect(refusal(await prove(board, { 'request-id-signature': 'AAAA' }))).toEqual(notSigned);
    expect(refusal(await prove(unknown))[0]).toBe(403);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['invalid JSON', Buffer.from('mac: aa:bb\n')],
    ['JSON of another kind', Buffer.from('[1]')],
    ['no signature', Buffer.from(JSON.stringify({ 'hardware-id-key-sha384': board.keyId }))],
  ])('refuses a body with %s, and names the required fields', async (_name, body) => {
    const reply = await register(model, await requestId(), { body });
    expect(refusal(reply)).toEqual([403, expect.stringContaining('hook prepare-serial-request') as string]);
  });

  it.each([
    ['an invalid digest', board, { 'hardware-id-key-sha384': 'x' }, 400],
    ['a signature that is not base64', board, { 'request-id-signature': '?' }, 400],
    ['an RSA key that is too short', weak, {}, 400],
  ])('refuses %s', async (_name, device, more, status) => {
    expect(refusal(await prove(device, more))[0]).toBe(status);
  });

  it('refuses a kind of key that snapd does not check either', async () => {
    expect(refusal(await prove(board, { 'hardware-id-key-sha384': edwards.keyId }))).toEqual([
      400,
      expect.stringContaining('must be ECDSA or RSA') as string,
    ]);
  });

  it(`gives one hardware ${MAX_SERIALS_OF_HARDWARE} serials at most`, async () => {
    const device = hardware(ec('P-256'));
    await store.app.get(AssertionsService).addAll([device.identity]);
    for (let count = 0; count < MAX_SERIALS_OF_HARDWARE; count += 1)
      expect((await prove(device, { key: newKey() })).statusCode).toBe(200);
    expect(refusal(await prove(device, { key: newKey() }))).toEqual([
      403,
      expect.stringContaining('which is the limit') as string,
    ]);
  });

  it('allows remodelling if both models require such a proof', async () => {
    const become = async (from: Assertion, to: Assertion) => {
      const key = newKey();
      const first = await requestId();
      const [serial] = decodeStream(
        (await register(from, first, { body: board.body(first) }, key)).rawPayload,
      );
      const id = await requestId();
      const [brand = '', name = '', number = ''] = serial?.primaryKey ?? [];
      return await register(
        to,
        id,
        {
          body: board.body(id),
          headers: { 'original-brand-id': brand, 'original-model': name, 'original-serial': number },
          along: serial ? [to, serial] : [],
        },
        key,
      );
    };
    expect((await become(model, pair)).statusCode).toBe(200);
    expect(refusal(await become(open, heir))).toEqual([
      403,
      expect.stringContaining('use a different kind of proof') as string,
    ]);
  });
});

describe('create model', () => {
  it('refuses an issuer that the store does not know, and too many issuers', async () => {
    const issuers = (count: number) => Array.from({ length: count }, () => 'brand');
    await expect(createModel('open', ['nobody'])).rejects.toMatchObject({ code: 'not-found' });
    await expect(createModel('open', issuers(MAX_HARDWARE_ISSUERS + 1))).rejects.toMatchObject({
      code: 'too-large',
    });
    await expect(createModel('open', issuers(MAX_HARDWARE_ISSUERS))).rejects.toMatchObject({
      code: 'conflict',
    });
  });
});
