import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { StoreError } from '../common/errors.js';

/** Largest key file that is read; RSA-16384 in PEM has about thirteen thousand bytes. */
export const MAX_KEY_FILE_BYTES = 64 << 10;

function refuse(path: string, why: string, cause?: unknown): StoreError {
  return new StoreError('invalid-request', `cannot import key ${path}: ${why}`, { cause });
}

async function readKeyFile(path: string): Promise<string> {
  try {
    const info = await stat(path);
    if (!info.isFile()) throw refuse(path, 'it is not a plain file');
    if (info.size > MAX_KEY_FILE_BYTES) throw refuse(path, `it is longer than ${MAX_KEY_FILE_BYTES} bytes`);
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof StoreError) throw error;
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw refuse(path, missing ? 'there is no such file' : (error as Error).message, error);
  }
}

/** Says why a string is not accepted as a private key. */
export function unreadableKey(pem: string): string {
  return pem.includes('ENCRYPTED') ? 'it is encrypted with a passphrase' : 'it is not a private key in PEM';
}

/**
 * Reads a private key from a file: PEM, PKCS#1 or PKCS#8.
 *
 * @throws StoreError `invalid-request` saying why it cannot be read
 */
export async function readPrivateKey(path: string): Promise<KeyObject> {
  const pem = await readKeyFile(path);
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw refuse(path, unreadableKey(pem), error);
  }
}

const PUBLIC_KEY = /-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g;

/**
 * Reads the public keys of a file, each SPKI in PEM.
 *
 * @returns the PEM of each key, in the order of the file
 * @throws StoreError `invalid-request` if there is none
 */
export async function readPublicKeys(path: string): Promise<string[]> {
  const texts = (await readKeyFile(path)).match(PUBLIC_KEY);
  if (texts) return texts.map((text) => `${text}\n`);
  throw refuse(path, 'it contains no public key in PEM');
}
