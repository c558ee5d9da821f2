import { createHmac, randomBytes } from 'node:crypto';
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';

/** A condition of a macaroon: a predicate for whoever verifies it, or one that a third party must confirm. */
export interface Caveat {
  /** The predicate, or what the third party knows its part by. */
  readonly identifier: Buffer;
  /** Of a third party alone. */
  readonly thirdParty?: {
    readonly location: string;
    /** The key of the discharge, for the verifier's eyes. */
    readonly verificationId: Buffer;
  };
}

/** A bearer token that anybody can narrow and only its maker can widen: "Macaroons", Birgisson et al., NDSS 2014. */
export interface Macaroon {
  readonly location: string;
  readonly identifier: Buffer;
  readonly caveats: readonly Caveat[];
  readonly signature: Buffer;
}

const KEY_GENERATOR = Buffer.alloc(32);
KEY_GENERATOR.write('macaroons-key-generator');
const NO_KEY = Buffer.alloc(32);

/** The nonce of XSalsa20-Poly1305, which stands before what it encrypts. */
export const BOX_NONCE_BYTES = 24;

export function keyedHash(key: Buffer, text: Buffer): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function keyedHashOfTwo(key: Buffer, first: Buffer, second: Buffer): Buffer {
  return keyedHash(key, Buffer.concat([keyedHash(key, first), keyedHash(key, second)]));
}

/** A secret of any length as the key that everything starts from. */
export function deriveKey(secret: Buffer): Buffer {
  return keyedHash(KEY_GENERATOR, secret);
}

/** The signature after one more caveat. */
export function chainSignature(signature: Buffer, { identifier, thirdParty }: Caveat): Buffer {
  return thirdParty
    ? keyedHashOfTwo(signature, thirdParty.verificationId, identifier)
    : keyedHash(signature, identifier);
}

/** Makes a macaroon without caveats; the secret is what it is verified with. */
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

/** The same macaroon, narrowed by a predicate. */
export function addFirstPartyCaveat(macaroon: Macaroon, predicate: string): Macaroon {
  return withCaveat(macaroon, { identifier: Buffer.from(predicate) });
}

/**
 * The same macaroon, good only along with a discharge that the third party makes with `secret`.
 *
 * @param identifier - from which the third party alone learns the secret
 * @param nonce - never the same twice; only tests give one
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

/** What a discharge's signature becomes when it goes along with this root. */
export function boundSignature(rootSignature: Buffer, signature: Buffer): Buffer {
  return keyedHashOfTwo(NO_KEY, rootSignature, signature);
}

/** Ties a discharge to the root that it is for: alone, or with another root, it is worth nothing. */
export function bindDischarge(root: Macaroon, discharge: Macaroon): Macaroon {
  return { ...discharge, signature: boundSignature(root.signature, discharge.signature) };
}
