import { mkdirSync, mkdtempSync, rmdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    // Below a file. Creating the folder reports it.
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return false;
    throw error;
  }
}

function isFolder(path: string): boolean {
  return isThere(path) && statSync(path).isDirectory();
}

/**
 * Creates a folder and its missing parents, one after the other. Node's own `recursive` never returns for a
 * path below /proc, where the system reports that nothing can be created in an existing folder.
 *
 * @param mode - permissions of each created folder
 * @returns the created folders, from the top
 * @throws the system's error, with its code, if one cannot be created or the path is not a folder
 */
export function makeFolders(path: string, mode: number): string[] {
  const missing: string[] = [];
  for (let at = resolve(path); !isThere(at); at = dirname(at)) missing.unshift(at);
  // For a file of that name, the system's own error is thrown.
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

/** Removes folders that are still empty. @param made - the result of {@link makeFolders} */
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
 * Tests whether files can be created in a folder.
 *
 * @throws the system's error, with its code
 */
export function tryFolder(path: string): void {
  rmdirSync(mkdtempSync(join(path, '.try-')));
}

/**
 * Creates a folder, and tests whether files can be created in it.
 *
 * @returns the created folders, from the top
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
