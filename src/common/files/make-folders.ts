import { mkdirSync, mkdtempSync, rmdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    // Below a file; what makes the folder says so.
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return false;
    throw error;
  }
}

function isFolder(path: string): boolean {
  return isThere(path) && statSync(path).isDirectory();
}

/**
 * Makes a folder and those above it that are missing, one after the other. Node's own `recursive` never returns for a
 * path below /proc, where the system says of an existing folder that nothing can be made in it.
 *
 * @param mode - permissions of each folder that is made
 * @returns the folders that were made, from the top
 * @throws the system's error, with its code, where one cannot be made or the path is no folder
 */
export function makeFolders(path: string, mode: number): string[] {
  const missing: string[] = [];
  for (let at = resolve(path); !isThere(at); at = dirname(at)) missing.unshift(at);
  // A file of that name is refused in the system's own words.
  if (missing.length === 0 && !isFolder(path)) mkdirSync(path, { mode });
  const made: string[] = [];
  for (const folder of missing) {
    try {
      mkdirSync(folder, { mode });
      made.push(folder);
    } catch (error) {
      // Another process was faster.
      if (!isFolder(folder)) {
        removeFolders(made);
        throw error;
      }
    }
  }
  return made;
}

/** Takes folders away again that are still empty. @param made - what {@link makeFolders} returned */
export function removeFolders(made: readonly string[]): void {
  for (const folder of made.toReversed()) {
    try {
      rmdirSync(folder);
    } catch {
      return;
    }
  }
}

/**
 * Tries whether files can be made in a folder.
 *
 * @throws the system's error, with its code
 */
export function tryFolder(path: string): void {
  rmdirSync(mkdtempSync(join(path, '.try-')));
}

/**
 * Makes a folder, and tries whether files can be made in it.
 *
 * @returns the folders that were made, from the top
 * @throws the system's error, with its code
 */
export function makeWritableFolder(path: string, mode: number): string[] {
  const made = makeFolders(path, mode);
  try {
    tryFolder(path);
  } catch (error) {
    removeFolders(made);
    throw error;
  }
  return made;
}
