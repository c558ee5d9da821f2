import { chmodSync, existsSync, lstatSync, readdirSync, type Stats } from 'node:fs';
import { chmod, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Modes of what the store keeps: its own account's, and nobody else's. */
export const PRIVATE_FILE = 0o600;
export const PRIVATE_FOLDER = 0o700;

/** What is left of a mode when nobody but the owner has any part of it. */
const OWNER_BITS = 0o700;
const OTHERS_BITS = 0o077;
/** The database's own folders, which PostgreSQL keeps private itself; under root they are another account's. */
const OF_THE_DATABASE = /^postgres/;

function isOpen({ mode }: Stats): boolean {
  return (mode & OTHERS_BITS) !== 0;
}

/**
 * Closes a data directory to other accounts, as far as one look at each entry in it does: nothing below can be reached
 * afterwards. The directory itself stays passable where root owns it, whose database runs as another account.
 *
 * @returns the folders in it, whose content was made when modes were wider, perhaps
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
 * Takes every right of other accounts from what is below a folder. A folder below it that is closed was made or mended
 * by this program, content first, so it is passed over: where nothing is left to do, a hundred thousand files cost a
 * look at some hundred folders.
 *
 * @param folder - it is closed already
 */
async function closeBelow(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    // What another process takes away meanwhile needs no mending.
    const found = await lstat(path).catch(() => undefined);
    if (!found || !isOpen(found)) continue;
    if (found.isDirectory()) await closeBelow(path);
    if (found.isDirectory() || found.isFile())
      await chmod(path, found.mode & OWNER_BITS).catch(() => undefined);
  }
}

/**
 * Keeps a data directory to the account that runs the store. When it returns, nothing in it can be reached by others;
 * what older versions made is mended file by file behind that.
 *
 * @param directory - nothing is done where it does not exist
 * @returns a promise of the rest
 * @throws the system's error, where the directory is another account's
 */
export function keepPrivate(directory: string): Promise<void> {
  if (!existsSync(directory)) return Promise.resolve();
  const folders = closeTop(directory);
  return (async () => {
    for (const folder of folders) await closeBelow(folder);
  })();
}
