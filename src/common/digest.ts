import { createHash } from 'node:crypto';
import { StoreError } from './errors.js';

/** SHA3-384. */
export const DIGEST_BYTES = 48;

const BASE64URL = /^[-A-Za-z0-9_]{64}$/;
const HEX = /^[0-9a-f]{96}$/;

/** As assertion headers and URLs write it: 64 characters without padding, no unused bits. */
export function digestToBase64url(digest: Buffer): string {
  return digest.toString('base64url');
}

/** @throws StoreError `invalid-request` where the text is no such digest; snapcore/snapd: asserts/header_checks.go, checkDigest */
export function digestFromBase64url(text: string): Buffer {
  if (!BASE64URL.test(text))
    throw new StoreError(
      'invalid-request',
      `cannot read digest ${JSON.stringify(text.slice(0, 80))}: it is not 48 bytes in base64url`,
    );
  return Buffer.from(text, 'base64url');
}

/** As JSON for devices writes it: 96 lower-case characters. */
export function digestToHex(digest: Buffer): string {
  return digest.toString('hex');
}

/** @throws StoreError `invalid-request` where the text is no such digest */
export function digestFromHex(text: string): Buffer {
  if (!HEX.test(text))
    throw new StoreError(
      'invalid-request',
      `cannot read digest ${JSON.stringify(text.slice(0, 100))}: it is not 48 bytes in hex`,
    );
  return Buffer.from(text, 'hex');
}

export function sha3_384(bytes: Uint8Array): Buffer {
  return createHash('sha3-384').update(bytes).digest();
}
