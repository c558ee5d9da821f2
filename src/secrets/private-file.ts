import { closeSync, constants, fstatSync, readFileSync } from 'node:fs';
import { StoreError } from '../common/errors.js';
import { openTrusted } from '../common/files/trusted-file.js';

const OTHERS = 0o077;

/** A file of the secrets key that cannot be used. */
export function unreadable(path: string, why: string, cause?: unknown): StoreError {
  return new StoreError('storage-failed', `cannot read the secrets key in ${path}: ${why}`, { cause });
}

/**
 * Reads a file that only the account of the store may read. Links are not followed.
 *
 * @param directoryOwner - user id of the owner of its directory; the file may belong to this user, to root or
 *   to us
 * @returns undefined if the file does not exist
 */
export function readPrivateFile(path: string, directoryOwner: number): string | undefined {
  const file = openTrusted(path, constants.O_RDONLY, [directoryOwner]);
  if (file === undefined) return undefined;
  try {
    if ((fstatSync(file).mode & OTHERS) !== 0)
      throw unreadable(path, `other accounts may read it; run \`chmod 400 ${path}\``);
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}
