import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';

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
