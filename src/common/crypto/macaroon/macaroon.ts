import { createHmac, randomBytes } from 'node:crypto';
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';

/** A caveat of a macaroon: a predicate for the verifier, or one that a third party must confirm. */
export interface Caveat {
  /** The predicate, or the identifier for the third party. */
  readonly identifier: Buffer;
  /** Only for a third party. */
  readonly thirdParty?: {
    readonly location: string;
    /** The key of the discharge, encrypted for the verifier. */
    readonly verificationId: Buffer;
  };
}

/**
 * A bearer token that anybody can restrict and only its maker can extend: "Macaroons", Birgisson et al., NDSS
 * 2014.
 */
export interface Macaroon {
  readonly location: string;
  readonly identifier: Buffer;
  readonly caveats: readonly Caveat[];
  readonly signature: Buffer;
}

const KEY_GENERATOR = Buffer.alloc(32);
KEY_GENERATOR.write('macaroons-key-generator');
const NO_KEY = Buffer.alloc(32);

/** The nonce of XSalsa20-Poly1305, stored before the encrypted data. */
export const BOX_NONCE_BYTES = 24;

export function keyedHash(key: Buffer, text: Buffer): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function keyedHashOfTwo(key: Buffer, first: Buffer, second: Buffer): Buffer {
  return keyedHash(key, Buffer.concat([keyedHash(key, first), keyedHash(key, second)]));
}

/** Derives the root key from a secret of any length. */
export function deriveKey(secret: Buffer): Buffer {
  return keyedHash(KEY_GENERATOR, secret);
}

/** The signature after one more caveat. */
export function chainSignature(signature: Buffer, { identifier, thirdParty }: Caveat): Buffer {
  return thirdParty
    ? keyedHashOfTwo(signature, thirdParty.verificationId, identifier)
    : keyedHash(signature, identifier);
}

/** Makes a macaroon without caveats. The secret is needed to verify it. */
export function mintMacaroon(secret: Buffer, identifier: Buffer, location: string): Macaroon {
  return { location, identifier, caveats: [], signature: keyedHash(deriveKey(secret), identifier) };
}

function withCaveat(macaroon: Macaroon, caveat: Caveat): Macaroon {
  return {
    ...macaroon,
    caveats: [...macaroon.caveats, caveat],
    signature: chainSignature(macaroon.signature, caveat),
  };
}

/** The same macaroon, restricted by a predicate. */
export function addFirstPartyCaveat(macaroon: Macaroon, predicate: string): Macaroon {
  return withCaveat(macaroon, { identifier: Buffer.from(predicate) });
}

/**
 * The same macaroon, valid only together with a discharge that the third party makes with `secret`.
 *
 * @param identifier - from which only the third party can derive the secret
 * @param nonce - never the same twice; only tests set it
 */
export function addThirdPartyCaveat(
  macaroon: Macaroon,
  secret: Buffer,
  identifier: Buffer,
  location: string,
  nonce: Buffer = randomBytes(BOX_NONCE_BYTES),
): Macaroon {
  const box = xsalsa20poly1305(macaroon.signature, nonce).encrypt(deriveKey(secret));
  return withCaveat(macaroon, {
    identifier,
    thirdParty: { location, verificationId: Buffer.concat([nonce, box]) },
  });
}

/** The signature of a discharge that is bound to this root. */
export function boundSignature(rootSignature: Buffer, signature: Buffer): Buffer {
  return keyedHashOfTwo(NO_KEY, rootSignature, signature);
}

/** Binds a discharge to its root. Alone, or with another root, it is worthless. */
export function bindDischarge(root: Macaroon, discharge: Macaroon): Macaroon {
  return { ...discharge, signature: boundSignature(root.signature, discharge.signature) };
}
