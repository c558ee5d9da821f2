import { chmodSync, existsSync, lstatSync, readdirSync, type Stats } from 'node:fs';
import { chmod, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Modes of the store's files: only for its own account. */
export const PRIVATE_FILE = 0o600;
export const PRIVATE_FOLDER = 0o700;

/** The bits of a mode that belong to the owner. */
const OWNER_BITS = 0o700;
const OTHERS_BITS = 0o077;
/**
 * The database's own folders, which PostgreSQL keeps private itself. Under root they belong to another account.
 */
const OF_THE_DATABASE = /^postgres/;

function isOpen({ mode }: Stats): boolean {
  return (mode & OTHERS_BITS) !== 0;
}

/**
 * Closes a data directory to other accounts by checking each of its entries: nothing below can be reached
 * afterwards. If root owns the directory, it stays passable, because its database runs as another account.
 *
 * @returns the folders in it, whose content may have been created with wider modes
 */
function closeTop(directory: string): string[] {
  const own = lstatSync(directory);
  const database = lstatSync(join(directory, 'postgres'), { throwIfNoEntry: false });
  const passes = own.isDirectory() && database !== undefined && database.uid !== own.uid;
  if (own.isDirectory()) chmodSync(directory, passes ? OWNER_BITS | 0o001 : OWNER_BITS);
  const folders: string[] = [];
  for (const name of readdirSync(directory)) {
    if (OF_THE_DATABASE.test(name)) continue;
    const path = join(directory, name);
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (!found || (!found.isDirectory() && !found.isFile())) continue;
    if (isOpen(found)) chmodSync(path, found.mode & OWNER_BITS);
    if (found.isDirectory()) folders.push(path);
  }
  return folders;
}

/**
 * Removes all permissions of other accounts below a folder. A closed folder below it was made or corrected by
 * this program, content first, so it is skipped. If nothing is left to do, a hundred thousand files cost a
 * check of some hundred folders.
 *
 * @param folder - already closed
 */
async function closeBelow(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    // What another process removes meanwhile needs no correction.
    const found = await lstat(path).catch(() => undefined);
    if (!found || !isOpen(found)) continue;
    if (found.isDirectory()) await closeBelow(path);
    if (found.isDirectory() || found.isFile())
      await chmod(path, found.mode & OWNER_BITS).catch(() => undefined);
  }
}

/**
 * Makes a data directory private to the account that runs the store. When it returns, others can reach nothing
 * in it. The files of older versions are then corrected in the background.
 *
 * @param directory - may be missing; then nothing is done
 * @returns a promise of the rest
 * @throws the system's error, if the directory belongs to another account
 */
export function keepPrivate(directory: string): Promise<void> {
  if (!existsSync(directory)) return Promise.resolve();
  const folders = closeTop(directory);
  return (async () => {
    for (const folder of folders) await closeBelow(folder);
  })();
}
