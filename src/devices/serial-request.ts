import type { Assertion } from '../assertions/format/assertion.js';
import { headerText } from '../assertions/format/header-text.js';
import { quote } from '../assertions/format/quote.js';
import { decodeStream } from '../assertions/format/stream.js';
import { sha3_384 } from '../common/crypto/digest.js';
import { StoreError } from '../common/errors.js';
import { MAX_SERIAL_BODY_BYTES, MAX_SERIAL_REQUEST_BYTES } from '../common/limits.js';
import { proveDeviceKey } from './device-key.js';
import { MAX_SERIAL_LENGTH, PRINTABLE } from './session-request.js';

/** The former identity of a device that asks to become another model, and its old serial. */
export interface Original {
  readonly brandId: string;
  readonly model: string;
  readonly serial: string;
  readonly assertion: Assertion;
}

/** A request for a serial with no proof checked yet. */
export interface SerialClaim {
  readonly brandId: string;
  readonly model: string;
  readonly requestId: string;
  /** The digest of the signed request. */
  readonly digest: Buffer;
  /** The assertions by type: a serial-request, and at most one model and one serial. */
  readonly parts: ReadonlyMap<string, Assertion>;
  readonly request: Assertion;
}

/** A request for a serial whose own signature is verified; those of the model and the old serial are not. */
export interface SerialRequest {
  readonly brandId: string;
  readonly model: string;
  readonly proposedSerial: string | undefined;
  readonly deviceKeyId: string;
  /** The key in the form of the request. */
  readonly deviceKey: string;
  /** The body that its gadget wants in the serial. */
  readonly body: Buffer;
  readonly modelAssertion: Assertion | undefined;
  readonly original: Original | undefined;
  /** The key of the proven hardware; undefined if its model requires no such proof. */
  readonly hardwareKeyId?: string | undefined;
}

/** Makes the error for a refused request for a serial. */
export function refuseDevice(why: string, code: StoreError['code'] = 'invalid-request'): StoreError {
  return new StoreError(code, `cannot register device: ${why}`);
}

/** The assertions of the stream by type: a serial-request, and at most one model and one serial. */
function readParts(bytes: Buffer): ReadonlyMap<string, Assertion> {
  if (bytes.length > MAX_SERIAL_REQUEST_BYTES)
    throw refuseDevice(`the request is longer than ${MAX_SERIAL_REQUEST_BYTES} bytes`, 'too-large');
  const parts = new Map<string, Assertion>();
  for (const assertion of decodeStream(bytes)) {
    const { name } = assertion.type;
    if (!['serial-request', 'model', 'serial'].includes(name))
      throw refuseDevice(`a request for a serial must not contain an assertion of type ${name}`);
    if (parts.has(name)) throw refuseDevice(`the request has more than one ${name}`);
    parts.set(name, assertion);
  }
  return parts;
}

/** snapcore/snapd: asserts/serial_asserts.go: a serial is part of a primary key, and so of a path. */
function checkProposedSerial(serial: string): void {
  if (serial.length > MAX_SERIAL_LENGTH)
    throw refuseDevice(`its serial is longer than ${MAX_SERIAL_LENGTH} characters`);
  if (!PRINTABLE.test(serial)) throw refuseDevice('its serial contains unprintable characters');
  if (serial.includes('/')) throw refuseDevice(`its serial ${quote(serial)} contains a slash`);
}

function checkModel(request: Assertion, model: Assertion): void {
  for (const name of ['brand-id', 'model'])
    if (headerText(model, name) !== headerText(request, name))
      throw refuseDevice(
        `the model has ${name} ${quote(headerText(model, name))}, but the request has ${quote(headerText(request, name))}`,
      );
}

/** The device's key must be unchanged, because it proves that the old serial belongs to the device. */
function readOriginal(request: Assertion, serial: Assertion | undefined): Original | undefined {
  const names = ['brand-id', 'model', 'serial'];
  const said = names.map((name) => headerText(request, `original-${name}`));
  if (said.every((text) => text === '') && !serial) return undefined;
  if (!serial) throw refuseDevice('it states that it was another model, but sends no serial of that model');
  for (const [index, name] of names.entries())
    if (headerText(serial, name) !== said[index])
      throw refuseDevice(
        `its old serial has ${name} ${quote(headerText(serial, name))}, but the request has ${quote(said[index] ?? '')}`,
      );
  if (headerText(serial, 'device-key-sha3-384') !== request.signKeyId)
    throw refuseDevice('its old serial belongs to another key');
  const [brandId = '', model = '', old = ''] = said;
  return { brandId, model, serial: old, assertion: serial };
}

/**
 * Reads the model and the request-id of a request for a serial.
 *
 * @param body - the stream: serial-request, model, and the old serial of a device that becomes another model
 * @throws StoreError `invalid-request`, `invalid-assertion`, `unsupported` or `too-large`
 * @see snapcore/snapd: overlord/devicestate/handlers_serial.go, prepareSerialRequest
 */
export function readSerialClaim(body: unknown): SerialClaim {
  if (!Buffer.isBuffer(body)) throw refuseDevice('the body is not a stream of assertions');
  const parts = readParts(body);
  const request = parts.get('serial-request');
  if (!request) throw refuseDevice('the stream has no serial-request');
  if (request.body.length > MAX_SERIAL_BODY_BYTES)
    throw refuseDevice(
      `the body of its serial-request is longer than ${MAX_SERIAL_BODY_BYTES} bytes`,
      'too-large',
    );
  const proposedSerial = headerText(request, 'serial');
  if (proposedSerial !== '') checkProposedSerial(proposedSerial);
  const modelAssertion = parts.get('model');
  if (modelAssertion) checkModel(request, modelAssertion);
  return {
    brandId: headerText(request, 'brand-id'),
    model: headerText(request, 'model'),
    requestId: headerText(request, 'request-id'),
    digest: sha3_384(request.content),
    parts,
    request,
  };
}

/**
 * Checks everything that does not depend on the brand. The main check: the device has the private half of the key
 * that the serial will name.
 *
 * @throws StoreError `invalid-request` or `invalid-assertion`
 */
export async function proveSerialRequest(claim: SerialClaim): Promise<SerialRequest> {
  const { brandId, model, parts, request } = claim;
  const proposedSerial = headerText(request, 'serial');
  const original = readOriginal(request, parts.get('serial'));
  const deviceKey = headerText(request, 'device-key');
  const deviceKeyId = request.signKeyId;
  await proveDeviceKey({ signed: request, deviceKey, deviceKeyId }, refuseDevice);
  return {
    brandId,
    model,
    proposedSerial: proposedSerial === '' ? undefined : proposedSerial,
    deviceKeyId,
    deviceKey,
    body: request.body,
    modelAssertion: parts.get('model'),
    original,
  };
}
