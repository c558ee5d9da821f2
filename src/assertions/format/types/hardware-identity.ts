import { createPublicKey } from 'node:crypto';
import { digestToBase64url, sha3_384 } from '../../../common/crypto/digest.js';
import type { Assertion } from '../assertion.js';
import { HeaderError, readMatching, readNonEmptyText } from '../header-checks.js';
import { ACCOUNT_ID, MODEL_REFERENCE } from './patterns.js';

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** RFC 7468, section 13, without the lines around it. */
function checkPublicKey(text: string): void {
  const base64 = text.replaceAll(/\s/g, '');
  if (!BASE64.test(base64)) throw new HeaderError('header "hardware-id-key" is not base64');
  try {
    createPublicKey({ key: Buffer.from(base64, 'base64'), format: 'der', type: 'spki' });
  } catch (error) {
    throw new HeaderError('header "hardware-id-key" is not a public key', { cause: error });
  }
}

/** @see snapcore/snapd: asserts/hardware_identity.go, assembleHardwareIdentity */
export function checkHardwareIdentity({ headers, authorityId }: Assertion): void {
  if (readMatching(headers, 'issuer-id', ACCOUNT_ID) !== authorityId)
    throw new HeaderError('header "issuer-id" must be the authority, which issues hardware identities');
  readNonEmptyText(headers, 'manufacturer');
  readMatching(headers, 'hardware-name', MODEL_REFERENCE);
  readNonEmptyText(headers, 'hardware-id');
  const key = readNonEmptyText(headers, 'hardware-id-key');
  checkPublicKey(key);
  if (headers['hardware-id-key-sha3-384'] !== digestToBase64url(sha3_384(Buffer.from(key))))
    throw new HeaderError('header "hardware-id-key-sha3-384" is not the digest of "hardware-id-key"');
}
