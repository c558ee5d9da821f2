import { createHash, verify, type KeyObject } from 'node:crypto';
import { StoreError } from '../../common/errors.js';
import type { Assertion } from './assertion.js';
import { quote } from './quote.js';
import { decodeSignature } from './signature-packet.js';

/** Gives back the leading zeros that an OpenPGP integer leaves out. */
function padToKeySize(value: Buffer, publicKey: KeyObject): Buffer {
  const keyBytes = Math.ceil((publicKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8);
  return value.length >= keyBytes ? value : Buffer.concat([Buffer.alloc(keyBytes - value.length), value]);
}

/** RSASSA-PKCS1-v1_5; a key that OpenSSL cannot use verifies nothing. */
function isSignedBy(publicKey: KeyObject, hash: string, signed: Buffer, value: Buffer): boolean {
  try {
    return verify(hash, signed, publicKey, padToKeySize(value, publicKey));
  } catch {
    return false;
  }
}

/**
 * Checks that the key made the assertion's signature. Whether the key may
 * sign it, and whether it is the one of `sign-key-sha3-384`, is asked by
 * whoever looks the key up.
 *
 * @param publicKey - RSA
 * @throws StoreError `invalid-assertion` where it did not
 * @see snapcore/snapd: asserts/crypto.go, openpgpPubKey.verify
 */
export function verifySignature(assertion: Assertion, publicKey: KeyObject): void {
  const { hash, suffix, digestStart, value } = decodeSignature(assertion.signature);
  const signed = Buffer.concat([assertion.content, suffix]);
  const digest = createHash(hash).update(signed).digest();
  if (
    digest.subarray(0, digestStart.length).equals(digestStart) &&
    isSignedBy(publicKey, hash, signed, value)
  )
    return;
  const name = `${assertion.type.name} assertion ${quote(assertion.primaryKey.join('/'))}`;
  throw new StoreError(
    'invalid-assertion',
    `cannot verify ${name}: the signature is not of this content and key`,
  );
}
