import { randomUUID } from 'node:crypto';
import { closeSync, fchownSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { StoreError } from '../errors.js';
import { syncFolderSync } from './sync-folder.js';

/**
 * Writes a file at once: afterwards it is the new one, whole, and stays that where the machine loses its power. If it
 * does so meanwhile, it is the old one or the new one, never half of either.
 *
 * @param mode - of a new file, such as 0o600 for one that holds secrets
 * @param owner - to give it to, where root writes it. Everybody else writes their own files, and the service may not
 *   even ask: its unit (`packaging/snap-store-proxy.service`) has no system call that gives a file away
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
      if (owner && process.geteuid?.() === 0) fchownSync(file, owner.uid, owner.gid);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    syncFolderSync(dirname(path));
  } catch (error) {
    rmSync(temporary, { force: true });
    const why = error instanceof Error ? error.message : String(error);
    throw new StoreError('storage-failed', `cannot write ${path}: ${why}`, { cause: error });
  }
}
