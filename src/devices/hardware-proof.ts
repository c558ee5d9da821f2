import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import type { Assertion } from '../assertions/format/assertion.js';
import { headerText } from '../assertions/format/header-text.js';
import { digestToBase64url } from '../common/crypto/digest.js';
import { isFields, textField } from '../common/domain/json.js';
import { MAX_DEVICE_KEY_BITS, MIN_DEVICE_KEY_BITS } from '../common/limits.js';
import { refuseDevice } from './serial-request.js';

/** The proof of a device's hardware in the body of a request for a serial. */
export interface HardwareProof {
  /** The key's id, in the form of a `hardware-identity`. */
  readonly hardwareKeyId: string;
  /** The signature over the request-id. */
  readonly signature: Buffer;
}

/** The name that snapd requires from a gadget's hook, and the name in Ubuntu Core's documentation. */
const KEY_FIELDS = ['hardware-id-key-sha384', 'hardware-id-key-sha3-384'];
const SIGNATURE_FIELD = 'request-id-signature';

const HEX_DIGEST = /^[0-9a-f]{96}$/i;
const BASE64_DIGEST = /^[A-Za-z0-9+/_-]{64}$/;
const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

/** The hash is chosen by the gadget and is not named in the request, so each one is tried. */
const HASHES = ['sha256', 'sha384', 'sha512', 'sha3-256', 'sha3-384', 'sha3-512'];

function textOf(body: unknown, names: readonly string[]): string | undefined {
  if (!isFields(body)) return undefined;
  return names.map((name) => textField(body, name)).find((text) => text !== undefined);
}

/** Decodes either alphabet of base64. */
function base64Bytes(text: string): Buffer {
  return Buffer.from(text.replaceAll('-', '+').replaceAll('_', '/'), 'base64');
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * Reads the data that a gadget's hook `prepare-serial-request` put into a request for a serial.
 *
 * @throws StoreError `forbidden` if there is no such proof
 * @see snapcore/snapd: overlord/devicestate/handlers_serial.go, maybeRunPrepareSerialRequestHook
 */
export function readHardwareProof(body: Buffer): HardwareProof {
  const said = parseJson(body);
  const key = textOf(said, KEY_FIELDS);
  const signature = textOf(said, [SIGNATURE_FIELD]);
  if (key === undefined || signature === undefined)
    throw refuseDevice(
      `the body of its serial-request must be JSON with ${KEY_FIELDS[0]} and ${SIGNATURE_FIELD}, from the gadget's hook prepare-serial-request`,
      'forbidden',
    );
  const isHex = HEX_DIGEST.test(key);
  if (!isHex && !BASE64_DIGEST.test(key)) throw refuseDevice(`its ${KEY_FIELDS[0]} is not a SHA3-384 digest`);
  if (!BASE64.test(signature)) throw refuseDevice(`its ${SIGNATURE_FIELD} is not base64`);
  const digest = isHex ? Buffer.from(key, 'hex') : base64Bytes(key);
  return { hardwareKeyId: digestToBase64url(digest), signature: base64Bytes(signature) };
}

function keyOf(hardwareIdentity: Assertion): KeyObject {
  const text = headerText(hardwareIdentity, 'hardware-id-key');
  const der = Buffer.from(text.replaceAll(/\s/g, ''), 'base64');
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  const { asymmetricKeyType: kind, asymmetricKeyDetails: details } = key;
  const bits = details?.modulusLength ?? 0;
  if (kind === 'rsa' && bits >= MIN_DEVICE_KEY_BITS && bits <= MAX_DEVICE_KEY_BITS) return key;
  if (kind === 'ec') return key;
  throw refuseDevice(
    `its hardware key must be ECDSA or RSA of ${MIN_DEVICE_KEY_BITS} to ${MAX_DEVICE_KEY_BITS} bits`,
    'unsupported',
  );
}

/**
 * Checks that the hardware of an assertion signed a request-id.
 *
 * @param identity - a verified `hardware-identity`
 * @throws StoreError `forbidden` if its key did not sign, `unsupported` for a key of another kind
 * @see snapcore/snapd: asserts/hardware_identity.go, VerifyNonceSignature
 */
export function checkHardwareProof(
  identity: Assertion,
  requestId: string,
  { signature }: HardwareProof,
): void {
  const key = keyOf(identity);
  const isSigned = (hash: string): boolean => {
    try {
      return verify(hash, Buffer.from(requestId), { key, dsaEncoding: 'der' }, signature);
    } catch {
      // OpenSSL throws if the signature is malformed.
      return false;
    }
  };
  if (!HASHES.some(isSigned))
    throw refuseDevice(`its hardware key ${identity.primaryKey[1]} did not sign the request-id`, 'forbidden');
}
