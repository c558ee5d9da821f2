import { createHash } from 'node:crypto';
import { StoreError } from '../errors.js';

/** Size of a SHA3-384 digest. */
export const DIGEST_BYTES = 48;

/** 48 bytes fill exactly 64 characters: no padding, and no unused bits. */
const BASE64URL = /^[-\w]{64}$/;
const HEX = /^[0-9a-f]{96}$/;

/** A digest in the form of assertion headers and URLs: 64 characters, unpadded. */
export function digestToBase64url(digest: Buffer): string {
  return digest.toString('base64url');
}

/**
 * Parses a digest from an assertion header or a URL. Stricter than snapd in one way: Go ignores a carriage
 * return inside.
 *
 * @throws StoreError `invalid-request` on anything but 48 bytes in unpadded base64url
 * @see snapcore/snapd: asserts/header_checks.go, checkDigest
 */
export function digestFromBase64url(text: string): Buffer {
  if (!BASE64URL.test(text)) throw notADigest(text, 'base64url');
  return Buffer.from(text, 'base64url');
}

/** A digest in the form of JSON for devices: 96 lower-case characters. */
export function digestToHex(digest: Buffer): string {
  return digest.toString('hex');
}

/** @throws StoreError `invalid-request` on anything but 48 bytes in lower-case hex */
export function digestFromHex(text: string): Buffer {
  if (!HEX.test(text)) throw notADigest(text, 'hex');
  return Buffer.from(text, 'hex');
}

/** @returns 48 bytes */
export function sha3_384(bytes: Uint8Array): Buffer {
  return createHash('sha3-384').update(bytes).digest();
}

function notADigest(text: string, encoding: string): StoreError {
  return new StoreError(
    'invalid-request',
    `cannot read digest ${JSON.stringify(text.slice(0, 100))}: it is not ${DIGEST_BYTES} bytes in ${encoding}`,
  );
}
