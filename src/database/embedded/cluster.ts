import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { StoreError } from '../../common/errors.js';
import { syncFolderSync } from '../../common/files/sync-folder.js';
import { OWNER_ROLE, prepareAccess } from './access.js';
import type { PostgresBinaries } from './binaries.js';
import { PROGRAM_ENVIRONMENT } from './program-environment.js';
import { giveTo, spawnIdentity, type ServerAccount } from './server-account.js';
import type { ServerFolders } from './server-folders.js';

/** Sorted by code point everywhere, so that no index depends on the host's locale data. */
const LOCALES = ['C.UTF-8', 'C'];

const runProgram = promisify(execFile);

/** The major version that wrote the data, or undefined if there is no data yet. */
export function dataMajor(folders: ServerFolders): number | undefined {
  try {
    return Number.parseInt(readFileSync(join(folders.data, 'PG_VERSION'), 'utf8'), 10);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Creates the data folder under a temporary name and renames it when complete. If two processes do so at once,
 * the later one uses the folder of the earlier one.
 *
 * @throws StoreError `database-unavailable` with the message of initdb
 */
export async function makeCluster(
  folders: ServerFolders,
  binaries: PostgresBinaries,
  account: ServerAccount,
): Promise<void> {
  const temporary = `${folders.data}.${randomUUID()}`;
  try {
    await initialise(temporary, binaries, account);
    prepareAccess(temporary, binaries, account, { isNew: true });
    renameSync(temporary, folders.data);
    syncFolderSync(folders.base);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return;
    throw error;
  }
}

async function initialise(folder: string, binaries: PostgresBinaries, account: ServerAccount): Promise<void> {
  let said = '';
  for (const locale of LOCALES) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { mode: 0o700 });
    giveTo(folder, account);
    const parameters = ['-D', folder, '-U', OWNER_ROLE, '-A', 'peer', '-E', 'UTF8', `--locale=${locale}`];
    try {
      await runProgram(join(binaries.folder, 'initdb'), [...parameters, '--lc-messages=C'], {
        ...spawnIdentity(account),
        cwd: '/',
        env: PROGRAM_ENVIRONMENT,
      });
      return;
    } catch (error) {
      said = lastLine((error as { stderr?: string }).stderr) ?? (error as Error).message;
    }
  }
  throw new StoreError('database-unavailable', `cannot make the database in ${folder}: ${said}`);
}

function lastLine(text: string | undefined): string | undefined {
  return text
    ?.split('\n')
    .findLast((line) => line.includes('error'))
    ?.trim();
}
