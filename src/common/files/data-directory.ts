import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { StoreError } from '../errors.js';
import { makeFolders } from './make-folders.js';
import { PRIVATE_FOLDER } from './private-files.js';

/** The environment variable behind `--data DIR`. */
export const DATA_VARIABLE = 'SNAP_STORE_PROXY_DATA';

/**
 * The data directory: `--data DIR` or SNAP_STORE_PROXY_DATA; otherwise `/var/lib/snap-store-proxy` for root,
 * and the XDG data home for all other accounts.
 */
export function dataDirectory(env: NodeJS.ProcessEnv = process.env): string {
  const chosen = env[DATA_VARIABLE];
  if (chosen !== undefined && chosen !== '') return resolve(chosen);
  if (process.getuid?.() === 0) return '/var/lib/snap-store-proxy';
  return join(env['XDG_DATA_HOME'] ?? join(homedir(), '.local/share'), 'snap-store-proxy');
}

/**
 * Creates the data directory if it is missing, private to the account that runs the store.
 *
 * @throws StoreError `storage-failed` if it cannot be created
 */
export function makeDataDirectory(directory: string): void {
  try {
    makeFolders(directory, PRIVATE_FOLDER);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StoreError('storage-failed', `cannot make the data directory ${directory}: ${why}`, {
      cause: error,
    });
  }
}
