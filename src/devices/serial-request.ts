import type { Assertion } from '../assertions/format/assertion.js';
import { quote } from '../assertions/format/quote.js';
import { decodeStream } from '../assertions/format/stream.js';
import { sha3_384 } from '../common/crypto/digest.js';
import { StoreError } from '../common/errors.js';
import { MAX_SERIAL_BODY_BYTES, MAX_SERIAL_REQUEST_BYTES } from '../common/limits.js';
import { proveDeviceKey } from './device-key.js';
import { MAX_SERIAL_LENGTH, PRINTABLE } from './session-request.js';

/** Who a device was before it asks to become another model: its serial, and what it says of it. */
export interface Original {
  readonly brandId: string;
  readonly model: string;
  readonly serial: string;
  readonly assertion: Assertion;
}

/** What somebody sends for a serial, with nothing proven. */
export interface SerialClaim {
  readonly brandId: string;
  readonly model: string;
  readonly requestId: string;
  /** Of what the device signed. */
  readonly digest: Buffer;
  /** The assertions by type: a serial-request, and at most one model and one serial. */
  readonly parts: ReadonlyMap<string, Assertion>;
  readonly request: Assertion;
}

/** What a device has sent for a serial; its own signature is checked, that of model and old serial is not. */
export interface SerialRequest {
  readonly brandId: string;
  readonly model: string;
  readonly proposedSerial: string | undefined;
  readonly deviceKeyId: string;
  /** As the request has it. */
  readonly deviceKey: string;
  /** What its gadget wants to be in the serial. */
  readonly body: Buffer;
  readonly modelAssertion: Assertion | undefined;
  readonly original: Original | undefined;
  /** Of the hardware that it has proven to be; undefined where its model asks for no such proof. */
  readonly hardwareKeyId?: string | undefined;
}

/** A refusal of a request for a serial. */
export function refuseDevice(why: string, code: StoreError['code'] = 'invalid-request'): StoreError {
  return new StoreError(code, `cannot register device: ${why}`);
}

function header({ headers }: Assertion, name: string): string {
  const value = headers[name];
  return typeof value === 'string' ? value : '';
}

/** The assertions of the stream by type: a serial-request, and at most one model and one serial. */
function readParts(bytes: Buffer): ReadonlyMap<string, Assertion> {
  if (bytes.length > MAX_SERIAL_REQUEST_BYTES)
    throw refuseDevice(`the request is longer than ${MAX_SERIAL_REQUEST_BYTES} bytes`, 'too-large');
  const parts = new Map<string, Assertion>();
  for (const assertion of decodeStream(bytes)) {
    const { name } = assertion.type;
    if (!['serial-request', 'model', 'serial'].includes(name))
      throw refuseDevice(`an assertion of type ${name} is no part of a request for a serial`);
    if (parts.has(name)) throw refuseDevice(`the request has more than one ${name}`);
    parts.set(name, assertion);
  }
  return parts;
}

/** snapcore/snapd: asserts/serial_asserts.go: a serial is part of a primary key, and so of a path. */
function checkProposedSerial(serial: string): void {
  if (serial.length > MAX_SERIAL_LENGTH)
    throw refuseDevice(`its serial is longer than ${MAX_SERIAL_LENGTH} characters`);
  if (!PRINTABLE.test(serial)) throw refuseDevice('its serial has characters that cannot be printed');
  if (serial.includes('/')) throw refuseDevice(`its serial ${quote(serial)} has a slash`);
}

function checkModel(request: Assertion, model: Assertion): void {
  for (const name of ['brand-id', 'model'])
    if (header(model, name) !== header(request, name))
      throw refuseDevice(
        `the model has ${name} ${quote(header(model, name))}, the request ${quote(header(request, name))}`,
      );
}

/** The device's key must be the same as before: it is what proves that the old serial is its own. */
function readOriginal(request: Assertion, serial: Assertion | undefined): Original | undefined {
  const names = ['brand-id', 'model', 'serial'];
  const said = names.map((name) => header(request, `original-${name}`));
  if (said.every((text) => text === '') && !serial) return undefined;
  if (!serial) throw refuseDevice('it says that it was another model, and sends no serial of it');
  for (const [index, name] of names.entries())
    if (header(serial, name) !== said[index])
      throw refuseDevice(
        `its old serial has ${name} ${quote(header(serial, name))}, the request says ${quote(said[index] ?? '')}`,
      );
  if (header(serial, 'device-key-sha3-384') !== request.signKeyId)
    throw refuseDevice('its old serial is of another key');
  const [brandId = '', model = '', old = ''] = said;
  return { brandId, model, serial: old, assertion: serial };
}

/**
 * Reads a request for a serial: which model it is of and which request-id it uses.
 *
 * @param body - the stream: serial-request, model, and the old serial of a device that becomes another model
 * @throws StoreError `invalid-request`, `invalid-assertion`, `unsupported` or `too-large` saying what is wrong
 * @see snapcore/snapd: overlord/devicestate/handlers_serial.go, prepareSerialRequest
 */
export function readSerialClaim(body: unknown): SerialClaim {
  if (!Buffer.isBuffer(body)) throw refuseDevice('the body is no stream of assertions');
  const parts = readParts(body);
  const request = parts.get('serial-request');
  if (!request) throw refuseDevice('there is no serial-request');
  if (request.body.length > MAX_SERIAL_BODY_BYTES)
    throw refuseDevice(
      `the body of its serial-request is longer than ${MAX_SERIAL_BODY_BYTES} bytes`,
      'too-large',
    );
  const proposedSerial = header(request, 'serial');
  if (proposedSerial !== '') checkProposedSerial(proposedSerial);
  const modelAssertion = parts.get('model');
  if (modelAssertion) checkModel(request, modelAssertion);
  return {
    brandId: header(request, 'brand-id'),
    model: header(request, 'model'),
    requestId: header(request, 'request-id'),
    digest: sha3_384(request.content),
    parts,
    request,
  };
}

/**
 * Checks all that can be checked without knowing the brand: above all, that whoever asks has the private
 * half of the key that the serial will name.
 *
 * @throws StoreError `invalid-request` or `invalid-assertion` saying what is wrong
 */
export async function proveSerialRequest(claim: SerialClaim): Promise<SerialRequest> {
  const { brandId, model, parts, request } = claim;
  const proposedSerial = header(request, 'serial');
  const original = readOriginal(request, parts.get('serial'));
  const deviceKey = header(request, 'device-key');
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
