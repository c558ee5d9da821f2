import {
  createPrivateKey,
  generateKeyPair,
  generateKeyPairSync,
  type KeyObject,
  type RSAKeyPairOptions,
} from 'node:crypto';

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

function encoded(bits: number): RSAKeyPairOptions<'der', 'der'> {
  return {
    modulusLength: bits,
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  };
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
  return keyOf(generateKeyPairSync('rsa', encoded(bits)).privateKey);
}

/** As {@link generateRsaKey}, in another thread: for a server, which answers others meanwhile. */
export async function generateRsaKeyInBackground(bits: number): Promise<KeyObject> {
  return await new Promise((resolve, reject) => {
    generateKeyPair('rsa', encoded(bits), (error, _publicKey, privateKey) => {
      if (error) reject(error);
      else resolve(keyOf(privateKey));
    });
  });
}

function keyOf(privateKey: Buffer): KeyObject {
  return createPrivateKey({ key: privateKey, type: 'pkcs8', format: 'der' });
}
