import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';

/** snapd refuses device keys and signatures of less. */
export const MIN_RSA_BITS = 2_048;

/**
 * OpenSSL verifies with nothing larger. The largest key in use is Canonical's root with 8192.
 */
export const MAX_RSA_BITS = 16_384;

/** What keeps a key from being used, as the end of a sentence; undefined for RSA of a usual size. */
export function rsaProblem(key: KeyObject): string | undefined {
  if (key.asymmetricKeyType !== 'rsa') return 'is not an RSA key';
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits >= MIN_RSA_BITS && bits <= MAX_RSA_BITS) return undefined;
  return `has ${bits} bits: give ${MIN_RSA_BITS} to ${MAX_RSA_BITS}`;
}

/**
 * Makes an RSA key.
 *
 * The key is encoded by the job that makes it and read back: a key object that shares the job's lock
 * can stop the whole process in Node 20, where exporting it collects the job as garbage.
 *
 * @param bits - length of the modulus
 */
export function generateRsaKey(bits: number): KeyObject {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: bits,
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  });
  return createPrivateKey({ key: privateKey, type: 'pkcs8', format: 'der' });
}
