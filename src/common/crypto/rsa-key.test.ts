import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { MAX_RSA_BITS, MIN_RSA_BITS, rsaProblem } from './rsa-key.js';

/** A public key with a modulus of this length, without generating one. */
function publicKeyOf(bits: number) {
  const modulus = (1n << BigInt(bits - 1)) | 1n;
  const n = Buffer.from(modulus.toString(16).padStart(Math.ceil(bits / 8) * 2, '0'), 'hex');
  return createPublicKey({ key: { kty: 'RSA', n: n.toString('base64url'), e: 'AQAB' }, format: 'jwk' });
}

it.each([MIN_RSA_BITS, MAX_RSA_BITS])('accepts an RSA key of %i bits', (bits) => {
  expect(rsaProblem(publicKeyOf(bits))).toBeUndefined();
});

it.each([MIN_RSA_BITS - 1, MAX_RSA_BITS + 1])('refuses an RSA key of %i bits', (bits) => {
  expect(rsaProblem(publicKeyOf(bits))).toBe(`has ${bits} bits: give 2048 to 16384`);
});

it('refuses a key of another type', () => {
  expect(rsaProblem(generateKeyPairSync('ed25519').publicKey)).toBe('is not an RSA key');
});
