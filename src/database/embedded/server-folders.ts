import { chmodSync, lstatSync, mkdirSync, mkdtempSync, realpathSync, rmdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { StoreError } from '../../common/errors.js';
import { replaceFile } from '../../common/files/replace-file.js';
import { readTrusted } from '../../common/files/trusted-file.js';
import { canEnter, giveTo, serverAccount, type ServerAccount } from './server-account.js';

/** `sun_path` of a Unix socket address on Linux: 108 bytes with the closing zero. */
export const MAX_SOCKET_PATH_BYTES = 107;

/** The socket's name in its folder. The server does not listen on a TCP port of this number. */
export const SOCKET_PORT = 5432;
const SOCKET_NAME = `.s.PGSQL.${SOCKET_PORT}`;

/**
 * All other accounts may pass through it but not list it: the database account must reach its folder inside.
 */
const PASS_THROUGH = 0o001;
const PRIVATE_FOLDER = 0o700;

/** Names the folder of the socket, when the data directory's own path is too long. */
const ELSEWHERE_FILE = 'postgres-run.path';
const MAX_PATH_BYTES = 4_096;

/**
 * Where the parts of one embedded server are:
 *
 *     <data>/postgres/           the data folder, PostgreSQL's alone
 *     <data>/postgres-run/       the socket,
 *     <data>/postgres-run.path   or the short folder in the temporary one that has it
 *     <data>/postgres.log        what the server has to say
 */
export interface ServerFolders {
  readonly base: string;
  readonly data: string;
  readonly socket: string;
  readonly log: string;
}

/**
 * Creates the folders of a server.
 *
 * @param base - the data directory, which exists
 * @throws StoreError `database-unavailable` if no folder is short enough for a socket
 */
export function serverFolders(base: string): ServerFolders {
  const real = realpathSync(base);
  const data = join(real, 'postgres');
  return { base: real, data, socket: socketFolder(real), log: join(real, 'postgres.log') };
}

function fits(folder: string): boolean {
  return Buffer.byteLength(join(folder, SOCKET_NAME)) <= MAX_SOCKET_PATH_BYTES;
}

function socketFolder(base: string): string {
  const usual = join(base, 'postgres-run');
  if (fits(usual)) return usual;
  const owners = [statSync(base).uid, serverAccount(join(base, 'postgres')).uid];
  const path = join(base, ELSEWHERE_FILE);
  const noted = readTrusted(path, MAX_PATH_BYTES, owners)?.trim();
  // The temporary folder is emptied at boot, and another account may then have made a folder of that name.
  if (noted !== undefined && fits(noted) && isFolderOf(noted, owners)) return noted;
  // Nobody can make a folder of this name beforehand, because nobody can predict the name.
  const made = mkdtempSync(join(tmpdir(), 'snap-store-proxy-'));
  if (!fits(made)) {
    rmdirSync(made);
    throw new StoreError(
      'database-unavailable',
      `cannot start the database in ${base}: neither it nor ${tmpdir()} is short enough for a socket path of ${MAX_SOCKET_PATH_BYTES} bytes`,
    );
  }
  replaceFile(path, `${made}\n`, 0o600);
  return made;
}

function isFolderOf(folder: string, owners: readonly number[]): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  return found?.isDirectory() === true && [process.geteuid?.(), ...owners].includes(found.uid);
}

/** Whether the account's server may have its socket in this folder, and no other account could have made it. */
export function isSocketFolder(folder: string, account: ServerAccount): boolean {
  return isFolderOf(folder, [account.uid]);
}

/**
 * Makes sure that the account can reach the data directory and that the socket folder belongs to it.
 *
 * @throws StoreError `database-unavailable` naming the folder that prevents this
 */
export function prepareFolders(folders: ServerFolders, account: ServerAccount): void {
  if (!canEnter(folders.base, account)) {
    openForPassing(folders.base);
    const closed = pathTo(folders.base).find((folder) => !canEnter(folder, account));
    if (closed !== undefined) {
      throw new StoreError(
        'database-unavailable',
        `cannot start the database in ${folders.base}: the account ${account.name}, which it runs as, may not enter ${closed}`,
      );
    }
  }
  prepareSocketFolder(folders.socket, account);
}

/** A folder and all its parents, from the top. */
function pathTo(folder: string): string[] {
  const above = dirname(folder);
  return above === folder ? [folder] : [...pathTo(above), folder];
}

/** The secrets in the data directory are private files, so permission to pass through reveals nothing. */
function openForPassing(base: string): void {
  const { uid, mode } = statSync(base);
  if (uid === process.geteuid?.()) chmodSync(base, (mode & 0o777) | PASS_THROUGH);
}

/** In a temporary folder, any account could first make a folder of this name, with its own server in it. */
function prepareSocketFolder(folder: string, account: ServerAccount): void {
  try {
    mkdirSync(folder, { mode: PRIVATE_FOLDER });
    giveTo(folder, account);
    return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  if (!isSocketFolder(folder, account)) {
    throw new StoreError(
      'database-unavailable',
      `cannot start the database: ${folder} is not a folder of the account ${account.name}`,
    );
  }
  chmodSync(folder, PRIVATE_FOLDER);
  giveTo(folder, account);
}
