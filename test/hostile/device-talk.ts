import { createPublicKey, randomBytes, type KeyObject } from 'node:crypto';
import type { Assertion } from '../../src/assertions/format/assertion.js';
import { decodeAssertion } from '../../src/assertions/format/decode.js';
import { encodePublicKey } from '../../src/assertions/format/keys.js';
import { signAssertion, signAssertionWith } from '../../src/assertions/format/sign.js';
import { parseMacaroon, serializeMacaroon } from '../../src/common/crypto/macaroon/encoding.js';
import { addFirstPartyCaveat } from '../../src/common/crypto/macaroon/macaroon.js';
import { serialRequest } from '../support/registering-device.js';
import { cheapKeys } from './cheap-keys.js';
import { get, post } from './http-bytes.js';
import type { Answer } from './raw-connection.js';
import type { Target } from './target.js';

/** Sends one request and waits for the answer. */
export type Ask = (bytes: Buffer) => Promise<Answer | undefined>;

/** Several requests, each made from the answer to the one before. */
export type Conversation = (ask: Ask, target: Target, serial: number) => Promise<void>;

export const AUTH = '/api/v1/snaps/auth';
const STREAM = { 'Content-Type': 'application/x.ubuntu.assertion' };
const SINCE = '2026-01-01T00:00:00Z';

/** snapd sends neither a body nor a Content-Type there. */
const postNothing = (path: string) => get(path, { 'Content-Length': '0' }, 'POST');
const nonceRequest = postNothing(`${AUTH}/nonces`);
const requestIdRequest = postNothing(`${AUTH}/request-id`);

/** Device keys, all made by the first call of {@link makeKeys}. */
const KEYS = 190;
let keys: readonly KeyObject[] | undefined;

function deviceKey(index: number): KeyObject {
  const made = (keys ??= cheapKeys(KEYS));
  return made[index % KEYS] as KeyObject;
}

/** Makes what takes long before the clock starts. */
export function makeKeys(): void {
  deviceKey(0);
}

function textIn(answer: Answer | undefined, member: string): string | undefined {
  if (answer?.status !== 200) return undefined;
  const value = (JSON.parse(answer.body) as Record<string, unknown>)[member];
  return typeof value === 'string' ? value : undefined;
}

/** A serial of an unknown brand, signed by the device itself. */
function madeUpSerial(key: KeyObject, serial: string): { serial: Assertion; model: Assertion } {
  const brand = { 'authority-id': 'nobody', 'brand-id': 'nobody', model: 'made-up' };
  const { id, encoded } = encodePublicKey(key);
  return {
    serial: signAssertion({
      type: 'serial',
      headers: {
        ...brand,
        serial,
        'device-key': encoded.toString(),
        'device-key-sha3-384': id,
        timestamp: SINCE,
      },
      privateKey: key,
    }),
    model: signAssertion({
      type: 'model',
      headers: {
        ...brand,
        series: '16',
        architecture: 'amd64',
        base: 'core18',
        gadget: 'pc=18',
        kernel: 'pc-kernel=18',
        timestamp: SINCE,
      },
      privateKey: key,
    }),
  };
}

/** The body that opens a session: snapcore/snapd, store/auth.go, requestDeviceSession. */
export function sessionBody(nonce: string, name: string, key = deviceKey(0)): object {
  const { serial, model } = madeUpSerial(key, name);
  const request = signAssertion({
    type: 'device-session-request',
    headers: {
      'brand-id': 'nobody',
      model: 'made-up',
      serial: name,
      nonce,
      timestamp: new Date().toISOString(),
    },
    privateKey: key,
  });
  return {
    'device-session-request': request.bytes.toString(),
    'serial-assertion': serial.bytes.toString(),
    'model-assertion': model.bytes.toString(),
  };
}

/** Opens a session with a forged serial. @returns the macaroon, or undefined if the store refuses it */
export async function openSession(ask: Ask, name: string): Promise<string | undefined> {
  const nonce = textIn(await ask(nonceRequest), 'nonce');
  if (nonce === undefined) return undefined;
  return textIn(await ask(post(`${AUTH}/sessions`, sessionBody(nonce, name))), 'macaroon');
}

export function sessionHeader(macaroon: string): Record<string, string> {
  return { 'Snap-Device-Authorization': `Macaroon root="${macaroon}"` };
}

export const openSessions: Conversation = async (ask, _target, serial) => {
  await openSession(ask, `flood-${process.pid}-${serial}`);
};

/** @param keyCount - devices that take turns @param bodyBytes - length of a body in the serial */
export function askForSerials(keyCount: number, bodyBytes: number): Conversation {
  return async (ask, { openModel }, serial) => {
    const requestId = textIn(await ask(requestIdRequest), 'request-id');
    if (requestId === undefined) return;
    const key = deviceKey(serial % keyCount);
    const body = bodyBytes > 0 ? { body: Buffer.alloc(bodyBytes, 'a: b\n') } : {};
    const bytes = serialRequest(decodeAssertion(Buffer.from(openModel)), key, requestId, body);
    await ask(post(`${AUTH}/devices`, bytes, STREAM));
  };
}

/** Node reads at most 16 KiB of request line and headers together. */
const NARROWED_CHARACTERS = 11_700;

let widest: Promise<string | undefined> | undefined;

/** The same session with a new caveat each time: anybody can restrict a macaroon. */
export const narrowedSessions: Conversation = async (ask, target, serial) => {
  const session = await (widest ??= openSession(ask, `narrowed-${process.pid}`));
  if (session === undefined) {
    widest = undefined;
    return;
  }
  let macaroon = parseMacaroon(session);
  let text = session;
  for (let more = 0; text.length < NARROWED_CHARACTERS; more += 40) {
    for (let index = more; index < more + 40; index += 1)
      macaroon = addFirstPartyCaveat(
        macaroon,
        `time-before ${new Date(4e12 + serial * 1e6 + index).toISOString()}`,
      );
    text = serializeMacaroon(macaroon);
  }
  const snap = `bench-${1 + (serial % target.snaps)}`;
  await ask(get(`/v2/snaps/info/${snap}`, sessionHeader(text)));
};

/** A device with a session whose list of snaps is mostly forged. */
export function fatContexts(bytes: number): Conversation {
  const padding = 'p'.repeat(bytes);
  return async (ask, _target, serial) => {
    const session = await openSession(ask, `fat-${process.pid}-${serial}`);
    if (session === undefined) return;
    const context = [{ 'snap-id': 'bench1x'.padEnd(32, 'x'), 'instance-key': 'a', revision: 1, padding }];
    await ask(post('/v2/snaps/refresh', { context, actions: [], fields: [] }, sessionHeader(session)));
  };
}

/** A public key of this many bits for which nobody has the private key. */
function publicKeyOf(bits: number): KeyObject {
  const modulus = randomBytes(bits / 8);
  modulus[0] = 0xff;
  modulus[modulus.length - 1] = 0xff;
  return createPublicKey({ key: { kty: 'RSA', n: modulus.toString('base64url'), e: 'AQAB' }, format: 'jwk' });
}

const LONGEST_KEY_BITS = 16_384;

/** A session request with a forged signature that is as expensive as possible to verify. */
export const badSignature: Conversation = async (ask, _target, serial) => {
  const nonce = textIn(await ask(nonceRequest), 'nonce') ?? '';
  const name = `bad-${process.pid}-${serial}`;
  const key = publicKeyOf(LONGEST_KEY_BITS);
  const { id, encoded } = encodePublicKey(key);
  const signer = { publicKey: key, sign: () => Promise.resolve(randomBytes(LONGEST_KEY_BITS / 8 - 1)) };
  const device = { 'authority-id': 'nobody', 'brand-id': 'nobody', model: 'made-up', serial: name };
  const request = await signAssertionWith(signer, {
    type: 'device-session-request',
    headers: { 'brand-id': 'nobody', model: 'made-up', serial: name, nonce, timestamp: SINCE },
  });
  const proof = await signAssertionWith(signer, {
    type: 'serial',
    headers: { ...device, 'device-key': encoded.toString(), 'device-key-sha3-384': id, timestamp: SINCE },
  });
  const { model } = madeUpSerial(deviceKey(0), name);
  const body = {
    'device-session-request': request.bytes.toString(),
    'serial-assertion': proof.bytes.toString(),
    'model-assertion': model.bytes.toString(),
  };
  await ask(post(`${AUTH}/sessions`, body));
};
