import { createHash, verify, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { StoreError } from '../../common/errors.js';
import type { Assertion } from './assertion.js';
import { quote } from './quote.js';
import { decodeSignature } from './signature-packet.js';

/** Restores the leading zeros that an OpenPGP integer omits. */
function padToKeySize(value: Buffer, publicKey: KeyObject): Buffer {
  const keyBytes = Math.ceil((publicKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8);
  return value.length >= keyBytes ? value : Buffer.concat([Buffer.alloc(keyBytes - value.length), value]);
}

const verifyInThread = promisify(verify);

/** The input of a signature check. */
interface SignedBytes {
  readonly hash: string;
  readonly signed: Buffer;
  readonly value: Buffer;
}

/** RSASSA-PKCS1-v1_5. A key that OpenSSL cannot use verifies nothing. */
function isSignedBy(publicKey: KeyObject, { hash, signed, value }: SignedBytes): boolean {
  try {
    return verify(hash, signed, publicKey, padToKeySize(value, publicKey));
  } catch {
    return false;
  }
}

/** @returns undefined if the first bytes of the digest, which the packet repeats, do not match the content */
function signedBytes(assertion: Assertion): SignedBytes | undefined {
  const { hash, suffix, digestStart, value } = decodeSignature(assertion.signature);
  const signed = Buffer.concat([assertion.content, suffix]);
  const digest = createHash(hash).update(signed).digest();
  return digest.subarray(0, digestStart.length).equals(digestStart) ? { hash, signed, value } : undefined;
}

function wrongSignature(assertion: Assertion): StoreError {
  const name = `${assertion.type.name} assertion ${quote(assertion.primaryKey.join('/'))}`;
  return new StoreError(
    'invalid-assertion',
    `cannot verify ${name}: the signature does not match this content and key`,
  );
}

/**
 * Checks that the key made the assertion's signature. The code that finds the key checks whether the key may
 * sign it, and whether it is the one of `sign-key-sha3-384`.
 *
 * @param publicKey - RSA
 * @throws StoreError `invalid-assertion` if it did not
 * @see snapcore/snapd: asserts/crypto.go, openpgpPubKey.verify
 */
export function verifySignature(assertion: Assertion, publicKey: KeyObject): void {
  const bytes = signedBytes(assertion);
  if (!bytes || !isSignedBy(publicKey, bytes)) throw wrongSignature(assertion);
}

/**
 * As {@link verifySignature}, with the expensive part in Node's thread pool. For untrusted input, so that large
 * keys delay nobody else.
 *
 * @throws StoreError `invalid-assertion` if the key did not make the signature
 */
export async function verifySignatureInThread(assertion: Assertion, publicKey: KeyObject): Promise<void> {
  const bytes = signedBytes(assertion);
  const isSigned =
    bytes &&
    (await verifyInThread(bytes.hash, bytes.signed, publicKey, padToKeySize(bytes.value, publicKey)).catch(
      () => false,
    ));
  if (!isSigned) throw wrongSignature(assertion);
}
