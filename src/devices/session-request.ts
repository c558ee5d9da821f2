import type { Assertion } from '../assertions/format/assertion.js';
import { decodeAssertion } from '../assertions/format/decode.js';
import { decodePublicKey } from '../assertions/format/keys.js';
import { quote } from '../assertions/format/quote.js';
import { verifySignature } from '../assertions/format/verify.js';
import { StoreError } from '../common/errors.js';
import type { Device } from './device-session.js';

/** Longest assertion of a session request, in bytes; a large model has some ten thousand. */
export const MAX_SESSION_ASSERTION_BYTES = 256 * 1_024;

/** Longest serial of a device that is let in, in characters; snapd sets no limit. */
export const MAX_SERIAL_LENGTH = 256;

/** Neither brands nor models are longer. The account-id's own limit is 32. */
const MAX_NAME_LENGTH = 128;

/** A serial is shown to operators: it must not be able to steer a terminal. */
export const PRINTABLE = /^[^\p{C}\p{Zl}\p{Zp}]+$/u;

/** What a device sends for a session; its own signature is checked, its serial's is not. */
export interface SessionRequest {
  readonly device: Device;
  readonly nonce: string;
  /** Signed by the key of the device. */
  readonly request: Assertion;
  readonly serial: Assertion;
  readonly model: Assertion;
}

function refuse(why: string): StoreError {
  return new StoreError('invalid-request', `cannot open device session: ${why}`);
}

function readAssertion(body: Readonly<Record<string, unknown>>, member: string, type: string): Assertion {
  const text = body[member];
  if (typeof text !== 'string' || text === '') throw refuse(`${member} is missing`);
  const bytes = Buffer.from(text);
  if (bytes.length > MAX_SESSION_ASSERTION_BYTES) {
    throw new StoreError(
      'too-large',
      `cannot open device session: ${member} is longer than ${MAX_SESSION_ASSERTION_BYTES} bytes`,
    );
  }
  const assertion = decodeAssertion(bytes);
  if (assertion.type.name !== type) throw refuse(`${member} is a ${assertion.type.name}, not a ${type}`);
  return assertion;
}

function header({ headers }: Assertion, name: string): string {
  const value = headers[name];
  return typeof value === 'string' ? value : '';
}

function readDevice(proof: Assertion, modelAssertion: Assertion): Device {
  const [brandId = '', model = '', serial = ''] = proof.primaryKey;
  if (serial.length > MAX_SERIAL_LENGTH)
    throw refuse(`its serial is longer than ${MAX_SERIAL_LENGTH} characters`);
  if (!PRINTABLE.test(serial)) throw refuse('its serial has characters that cannot be printed');
  const storeId = header(modelAssertion, 'store');
  if (Math.max(brandId.length, model.length, storeId.length) > MAX_NAME_LENGTH)
    throw refuse(`its brand, model or store is longer than ${MAX_NAME_LENGTH} characters`);
  return { brandId, model, serial, ...(storeId !== '' && { storeId }) };
}

/** Brand, model and serial must be the same in all three. */
function checkAgreement(request: Assertion, serial: Assertion, model: Assertion): void {
  for (const name of ['brand-id', 'model', 'serial']) {
    const others = name === 'serial' ? [request] : [request, model];
    for (const other of others) {
      if (header(other, name) !== header(serial, name))
        throw refuse(
          `the ${other.type.name} has ${name} ${quote(header(other, name))}, the serial ${quote(header(serial, name))}`,
        );
    }
  }
}

/** The proof: whoever asks has the private half of the key that the serial names. */
function checkDeviceSignature(request: Assertion, serial: Assertion): void {
  if (request.signKeyId !== header(serial, 'device-key-sha3-384'))
    throw refuse('another key than the device-key of the serial signs the request');
  verifySignature(request, decodePublicKey(Buffer.from(header(serial, 'device-key'))).keyObject);
}

/**
 * Reads a session request and checks all that can be checked without knowing the brand. The request's
 * timestamp is not held against our clock, since devices may have none that runs: that it is fresh
 * follows from the nonce.
 *
 * @param body - the decoded JSON
 * @throws StoreError `invalid-request`, `invalid-assertion` or `too-large` saying what is wrong
 * @see snapcore/snapd: store/auth.go, requestDeviceSession
 */
export function parseSessionRequest(body: unknown): SessionRequest {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw refuse('the body is not an object');
  const members = body as Readonly<Record<string, unknown>>;
  const request = readAssertion(members, 'device-session-request', 'device-session-request');
  const serial = readAssertion(members, 'serial-assertion', 'serial');
  const model = readAssertion(members, 'model-assertion', 'model');
  checkAgreement(request, serial, model);
  const device = readDevice(serial, model);
  checkDeviceSignature(request, serial);
  return { device, nonce: header(request, 'nonce'), request, serial, model };
}
