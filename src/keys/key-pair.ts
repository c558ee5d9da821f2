import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { StoreError } from '../common/errors.js';

/** Largest file that is read as a key; RSA-16384 in PEM has some thirteen thousand bytes. */
export const MAX_KEY_FILE_BYTES = 64 << 10;

/** A private key as it is kept: PKCS#8 in PEM, whatever form it came in. */
export function privateKeyText(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** The public half of a key: SPKI in PEM. */
export function publicKeyText(key: KeyObject): string {
  const half = key.type === 'private' ? createPublicKey(key) : key;
  return half.export({ type: 'spki', format: 'pem' }).toString();
}

/**
 * Reads a private key from a file: PEM, PKCS#1 or PKCS#8.
 *
 * @throws StoreError `invalid-request` saying why it cannot be read
 */
export async function readPrivateKey(path: string): Promise<KeyObject> {
  const refuse = (why: string, cause?: unknown) =>
    new StoreError('invalid-request', `cannot import key ${path}: ${why}`, { cause });
  let pem: string;
  try {
    const info = await stat(path);
    if (!info.isFile()) throw refuse('it is not a plain file');
    if (info.size > MAX_KEY_FILE_BYTES) throw refuse(`it is longer than ${MAX_KEY_FILE_BYTES} bytes`);
    pem = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof StoreError) throw error;
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw refuse(missing ? 'there is no such file' : (error as Error).message, error);
  }
  try {
    return createPrivateKey(pem);
  } catch (error) {
    const isSealed = pem.includes('ENCRYPTED');
    throw refuse(isSealed ? 'it is sealed with a passphrase' : 'it is not a private key in PEM', error);
  }
}
