import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { privatePem } from '../common/crypto/pem.js';
import { generateRsaKey, MIN_RSA_BITS } from '../common/crypto/rsa-key.js';
import { StoreError } from '../common/errors.js';
import { replaceFile } from '../common/files/replace-file.js';

/** Modes of files with secrets, and of files that everyone may read. */
export const SECRET_MODE = 0o600;
export const PUBLIC_MODE = 0o644;

/** Reads a file; if it does not exist, makes its text and writes it. */
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

/** Parses the text of {@link readOrMake}. If it is damaged, the error names the file. */
export function readWith<T>(path: string, text: string, read: (text: string) => T): T {
  try {
    return read(text);
  } catch (error) {
    throw new StoreError(
      'storage-failed',
      `cannot read ${path}: the sandbox did not write it in this form; start again with \`snap-store-proxy sandbox --reset\``,
      { cause: error },
    );
  }
}

/** An RSA key in PEM that stays the same over restarts. */
export function keyAt(path: string): KeyObject {
  const make = () => privatePem(generateRsaKey(MIN_RSA_BITS));
  return readWith(path, readOrMake(path, SECRET_MODE, make), createPrivateKey);
}
