import { randomUUID } from 'node:crypto';
import { closeSync, fchownSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { StoreError } from './errors.js';

/**
 * Writes a file at once: afterwards it is the old one or the new one, whole and flushed, never half of either.
 *
 * @param mode - of a new file, such as 0o600 for one that holds secrets
 * @param owner - to give it to; by default it is one's own
 * @throws StoreError `storage-failed`; the file is as it was then
 */
export function replaceFile(
  path: string,
  content: string | Buffer,
  mode: number,
  owner?: { readonly uid: number; readonly gid: number },
): void {
  const temporary = `${path}.${randomUUID()}`;
  try {
    const file = openSync(temporary, 'wx', mode);
    try {
      writeFileSync(file, content);
      if (owner) fchownSync(file, owner.uid, owner.gid);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    const why = error instanceof Error ? error.message : String(error);
    throw new StoreError('storage-failed', `cannot write ${path}: ${why}`, { cause: error });
  }
}
