import { createPublicKey, type KeyObject } from 'node:crypto';
import { digestToBase64url, sha3_384 } from '../../common/digest.js';
import { StoreError } from '../../common/errors.js';
import { publicKeyPacket, readPublicKeyPacket, wrapBase64, type RsaNumbers } from './packet.js';

/** A public key as assertions hold it. */
export interface PublicKey {
  /** SHA3-384 of the key's packet with its version byte, unpadded base64url. */
  readonly id: string;
  readonly keyObject: KeyObject;
  /** The text of an account-key's body. */
  readonly encoded: Buffer;
}

/** The id is over the packet as snapd would write it, whatever the packet that was read. */
function publicKey(numbers: RsaNumbers, keyObject: KeyObject): PublicKey {
  const packet = publicKeyPacket(numbers);
  return { id: digestToBase64url(sha3_384(packet)), keyObject, encoded: Buffer.from(wrapBase64(packet)) };
}

/**
 * @param text - the body of an account-key, or a device-key header
 * @throws StoreError `invalid-assertion` where it is no RSA key
 * @see snapcore/snapd: asserts/crypto.go, DecodePublicKey and newOpenPGPPubKey
 */
export function decodePublicKey(text: Buffer): PublicKey {
  const numbers = readPublicKeyPacket(text);
  const { modulus, exponent } = numbers;
  try {
    const jwk = { kty: 'RSA', n: modulus.toString('base64url'), e: exponent.toString('base64url') };
    return publicKey(numbers, createPublicKey({ key: jwk, format: 'jwk' }));
  } catch (error) {
    throw new StoreError('invalid-assertion', 'cannot decode public key: its numbers are no RSA key', {
      cause: error,
    });
  }
}

/** @param key - an RSA key, public or private */
export function encodePublicKey(key: KeyObject): PublicKey {
  const keyObject = key.type === 'private' ? createPublicKey(key) : key;
  const { n = '', e = '' } = keyObject.export({ format: 'jwk' });
  return publicKey(
    { modulus: Buffer.from(n, 'base64url'), exponent: Buffer.from(e, 'base64url') },
    keyObject,
  );
}
