import type { Assertion } from '../assertions/format/assertion.js';
import { decodeAssertion } from '../assertions/format/decode.js';
import { quote } from '../assertions/format/quote.js';
import { sha3_384 } from '../common/crypto/digest.js';
import { StoreError } from '../common/errors.js';
import { MAX_SESSION_ASSERTION_BYTES } from '../common/limits.js';
import { proveDeviceKey } from './device-key.js';
import type { Device } from './device-session.js';

/** Longest serial of a device that is let in, in characters; snapd sets no limit. */
export const MAX_SERIAL_LENGTH = 256;

/** Neither brands nor models are longer. The account-id's own limit is 32. */
const MAX_NAME_LENGTH = 128;

/** A serial is shown to operators: it must not be able to steer a terminal. */
export const PRINTABLE = /^[^\p{C}\p{Zl}\p{Zp}]+$/u;

/** What somebody sends for a session, with nothing proven: only what the nonce is has been read. */
export interface SessionClaim {
  readonly nonce: string;
  /** Of what the device signed. */
  readonly digest: Buffer;
  readonly request: Assertion;
  readonly members: Readonly<Record<string, unknown>>;
}

/** What a device has sent for a session; its own signature is checked, its serial's is not. */
export interface ProvenSessionRequest {
  readonly device: Device;
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

/**
 * Reads as much of a session request as says which nonce it uses: a stranger's nonce ends it before
 * anything costs more. The request's timestamp is not held against our clock, since devices may have none
 * that runs: that it is fresh follows from the nonce.
 *
 * @param body - the decoded JSON
 * @throws StoreError `invalid-request`, `invalid-assertion` or `too-large` saying what is wrong
 * @see snapcore/snapd: store/auth.go, requestDeviceSession
 */
export function readSessionClaim(body: unknown): SessionClaim {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw refuse('the body is not an object');
  const members = body as Readonly<Record<string, unknown>>;
  const request = readAssertion(members, 'device-session-request', 'device-session-request');
  return { nonce: header(request, 'nonce'), digest: sha3_384(request.content), request, members };
}

/**
 * Reads the rest, and checks all that can be checked without knowing the brand: above all, that whoever
 * asks has the private half of the key that the serial names.
 *
 * @throws StoreError `invalid-request`, `invalid-assertion` or `too-large` saying what is wrong
 */
export async function proveSession({ request, members }: SessionClaim): Promise<ProvenSessionRequest> {
  const serial = readAssertion(members, 'serial-assertion', 'serial');
  const model = readAssertion(members, 'model-assertion', 'model');
  checkAgreement(request, serial, model);
  const device = readDevice(serial, model);
  const deviceKeyId = header(serial, 'device-key-sha3-384');
  await proveDeviceKey({ signed: request, deviceKey: header(serial, 'device-key'), deviceKeyId }, refuse);
  return { device, serial, model };
}
