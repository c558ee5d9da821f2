import { randomUUID } from 'node:crypto';
import { closeSync, fchownSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { StoreError } from '../errors.js';
import { syncFolderSync } from './sync-folder.js';

/**
 * Replaces a file atomically. Afterwards it is the complete new file, even after a loss of power. After a loss
 * of power during the call, it is either the complete old one or the complete new one.
 *
 * @param mode - of a new file, such as 0o600 for one with secrets
 * @param owner - the owner to set if root writes it. Other accounts write their own files, and the service may
 *   not even try: its unit (`packaging/snap-store-proxy.service`) blocks the system calls that change an owner
 * @throws StoreError `storage-failed`; the file is unchanged then
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
