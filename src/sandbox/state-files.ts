import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { privatePem } from '../common/crypto/pem.js';
import { generateRsaKey } from '../common/crypto/rsa-key.js';
import { StoreError } from '../common/errors.js';
import { replaceFile } from '../common/files/replace-file.js';

/** Long enough for the store's own rules, and made in a moment. */
const KEY_BITS = 2_048;

/** For secrets, and for what everybody may read. */
export const SECRET_MODE = 0o600;
export const PUBLIC_MODE = 0o644;

/** A file's text, made and kept where there is none. */
export function readOrMake(path: string, mode: number, make: () => string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      throw new StoreError('storage-failed', `cannot read ${path}: ${(error as Error).message}`, {
        cause: error,
      });
  }
  const text = make();
  replaceFile(path, text, mode);
  return text;
}

/** Reads what {@link readOrMake} gave; a file that was damaged is named. */
export function readWith<T>(path: string, text: string, read: (text: string) => T): T {
  try {
    return read(text);
  } catch (error) {
    throw new StoreError(
      'storage-failed',
      `cannot read ${path}: it is not what the sandbox wrote; start anew with \`snap-store-proxy sandbox --reset\``,
      { cause: error },
    );
  }
}

/** An RSA key in PEM that stays the same over restarts. */
export function keyAt(path: string): KeyObject {
  const make = () => privatePem(generateRsaKey(KEY_BITS));
  return readWith(path, readOrMake(path, SECRET_MODE, make), createPrivateKey);
}
