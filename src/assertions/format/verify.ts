import { createHash, verify, type KeyObject } from 'node:crypto';
import { StoreError } from '../../common/errors.js';
import type { Assertion } from './assertion.js';
import { readSignaturePacket } from './packet.js';

/** Left-pads a signature's number to the key's size; GnuPG and Go both leave leading zeros out. */
function padded(value: Buffer, key: KeyObject): Buffer {
  const keyBytes = Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8);
  return value.length >= keyBytes ? value : Buffer.concat([Buffer.alloc(keyBytes - value.length), value]);
}

/**
 * Checks that the key made the assertion's signature. Whether the key may is another question.
 *
 * @throws StoreError `invalid-assertion` where it did not
 * @see snapcore/snapd: asserts/crypto.go, openpgpPubKey.verify
 */
export function verifySignature({ type, primaryKey, content, signature }: Assertion, key: KeyObject): void {
  const { hash, suffix, digestStart, value } = readSignaturePacket(signature);
  const signed = Buffer.concat([content, suffix]);
  const digest = createHash(hash).update(signed).digest();
  if (!digest.subarray(0, 2).equals(digestStart) || !verify(hash, signed, key, padded(value, key))) {
    throw new StoreError(
      'invalid-assertion',
      `cannot verify ${type.name} ${primaryKey.join('/')}: its signature is wrong`,
    );
  }
}
