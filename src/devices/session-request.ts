import type { Assertion } from '../assertions/format/assertion.js';
import { decodeAssertion } from '../assertions/format/decode.js';
import { headerText } from '../assertions/format/header-text.js';
import { quote } from '../assertions/format/quote.js';
import { sha3_384 } from '../common/crypto/digest.js';
import { isFields } from '../common/domain/json.js';
import { StoreError } from '../common/errors.js';
import { MAX_SESSION_ASSERTION_BYTES } from '../common/limits.js';
import { proveDeviceKey } from './device-key.js';
import type { Device } from './session-token.js';

/** Longest accepted serial, in characters; snapd sets no limit. */
export const MAX_SERIAL_LENGTH = 256;

/** Longest name of a brand, model or store. The limit of an account-id is 32. */
const MAX_NAME_LENGTH = 128;

/** A serial is shown to operators, so it must not contain terminal control characters. */
export const PRINTABLE = /^[^\p{C}\p{Zl}\p{Zp}]+$/u;

/** A request for a session with no proof checked yet; only its nonce was read. */
export interface SessionClaim {
  readonly nonce: string;
  /** The digest of the signed request. */
  readonly digest: Buffer;
  readonly request: Assertion;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A request for a session whose own signature is verified; that of the serial is not. */
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

function readDevice(proof: Assertion, modelAssertion: Assertion): Device {
  const [brandId = '', model = '', serial = ''] = proof.primaryKey;
  if (serial.length > MAX_SERIAL_LENGTH)
    throw refuse(`its serial is longer than ${MAX_SERIAL_LENGTH} characters`);
  if (!PRINTABLE.test(serial)) throw refuse('its serial contains unprintable characters');
  const storeId = headerText(modelAssertion, 'store');
  if (Math.max(brandId.length, model.length, storeId.length) > MAX_NAME_LENGTH)
    throw refuse(`its brand, model or store is longer than ${MAX_NAME_LENGTH} characters`);
  return { brandId, model, serial, ...(storeId !== '' && { storeId }) };
}

/** Brand, model and serial must be the same in all three. */
function checkAgreement(request: Assertion, serial: Assertion, model: Assertion): void {
  for (const name of ['brand-id', 'model', 'serial']) {
    const others = name === 'serial' ? [request] : [request, model];
    for (const other of others) {
      if (headerText(other, name) !== headerText(serial, name))
        throw refuse(
          `the ${other.type.name} has ${name} ${quote(headerText(other, name))}, but the serial has ${quote(headerText(serial, name))}`,
        );
    }
  }
}

/**
 * Reads the nonce of a session request, so that a forged nonce is refused before any expensive check. The timestamp
 * of the request is ignored, because an offline device may have a wrong clock; the nonce proves that the request is
 * recent.
 *
 * @param body - the decoded JSON
 * @throws StoreError `invalid-request`, `invalid-assertion` or `too-large`
 * @see snapcore/snapd: store/auth.go, requestDeviceSession
 */
export function readSessionClaim(body: unknown): SessionClaim {
  if (!isFields(body)) throw refuse('the body is not an object');
  const request = readAssertion(body, 'device-session-request', 'device-session-request');
  return { nonce: headerText(request, 'nonce'), digest: sha3_384(request.content), request, body };
}

/**
 * Reads the rest, and checks everything that does not depend on the brand. The main check: the device has the
 * private half of the key that the serial names.
 *
 * @throws StoreError `invalid-request`, `invalid-assertion` or `too-large`
 */
export async function proveSession({ request, body }: SessionClaim): Promise<ProvenSessionRequest> {
  const serial = readAssertion(body, 'serial-assertion', 'serial');
  const model = readAssertion(body, 'model-assertion', 'model');
  checkAgreement(request, serial, model);
  const device = readDevice(serial, model);
  const deviceKeyId = headerText(serial, 'device-key-sha3-384');
  await proveDeviceKey({ signed: request, deviceKey: headerText(serial, 'device-key'), deviceKeyId }, refuse);
  return { device, serial, model };
}
