import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { StoreError } from '../errors.js';

/** User ids whose files are trusted, in addition to the own one and root's. */
export type TrustedOwners = readonly number[];

function refuse(path: string, why: string, cause?: unknown): StoreError {
  return new StoreError('storage-failed', `cannot use ${path}: ${why}`, { cause });
}

/**
 * Opens a file in a folder to which another account may write. It must be a plain file of a trusted account.
 * Links are not followed, pipes are not waited for, and another account's file is not opened through a hard
 * link.
 *
 * @param flags - of `constants`, such as `O_RDONLY`
 * @returns its descriptor; undefined if the file does not exist
 * @throws StoreError `storage-failed` naming what it is instead
 */
export function openTrusted(path: string, flags: number, owners: TrustedOwners): number | undefined {
  let file: number;
  try {
    file = openSync(path, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw refuse(path, code === 'ELOOP' ? 'it is a symbolic link' : message, error);
  }
  try {
    const found = fstatSync(file);
    if (!found.isFile()) throw refuse(path, 'it is not a plain file');
    if (![0, process.geteuid?.(), ...owners].includes(found.uid))
      throw refuse(path, `it belongs to user id ${found.uid}`);
    if (found.nlink > 1) throw refuse(path, 'it has a second name (hard link)');
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/**
 * Reads the start of such a file.
 *
 * @throws StoreError as {@link openTrusted}
 */
export function readTrusted(path: string, maxBytes: number, owners: TrustedOwners): string | undefined {
  const file = openTrusted(path, constants.O_RDONLY, owners);
  if (file === undefined) return undefined;
  try {
    const buffer = Buffer.alloc(maxBytes);
    return buffer.toString('utf8', 0, readSync(file, buffer, 0, maxBytes, 0));
  } finally {
    closeSync(file);
  }
}
