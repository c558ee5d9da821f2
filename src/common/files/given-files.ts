import { lstat, readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { StoreError } from '../errors.js';
import { fileTrouble } from './file-trouble.js';
import { isSideFile } from './side-files.js';

/** The limits for one folder. */
export interface FolderLimits {
  /** Files in it and in all folders below. */
  readonly files: number;
  /** Nested folders, including itself. */
  readonly depth: number;
}

export const FOLDER_LIMITS: FolderLimits = { files: 100_000, depth: 64 };

/** A file or folder as it was typed, and its path. They differ for the standard input. */
export interface TypedFile {
  readonly shown: string;
  readonly path: string;
}

/** A file that was named in a command, or found in a named folder. */
export interface GivenFile extends TypedFile {
  /** Whether it was named itself. */
  readonly isNamed: boolean;
}

/** The files of folders, and the skipped entries. */
export interface GivenFiles {
  readonly files: readonly GivenFile[];
  /** The names of all entries, in order, including unreadable ones. */
  readonly shown: readonly string[];
  /** Unreadable entries, by their typed name, with the reason. */
  readonly unreadable: ReadonlyMap<string, string>;
  /** Symbolic links in folders, which are not followed. */
  readonly links: number;
}

class FolderWalk {
  readonly files: GivenFile[] = [];
  readonly unreadable = new Map<string, string>();
  links = 0;

  constructor(
    private readonly root: string,
    private readonly limits: FolderLimits,
  ) {}

  async walk(folder: string, depth: number): Promise<void> {
    if (depth > this.limits.depth)
      throw new StoreError('too-large', `it has more than ${this.limits.depth} nested folders`);
    for (const name of await this.namesIn(folder)) {
      if (isSideFile(name)) continue;
      const path = join(folder, name);
      const found = await lstat(path).catch((error: unknown) => {
        this.unreadable.set(path, fileTrouble(error));
      });
      if (found?.isDirectory()) await this.walk(path, depth + 1);
      else if (found?.isSymbolicLink()) this.links += 1;
      else if (found?.isFile()) this.add(path);
    }
  }

  private add(path: string): void {
    if (this.files.length >= this.limits.files)
      throw new StoreError('too-large', `it has more than ${this.limits.files} files: give smaller folders`);
    this.files.push({ shown: path, path, isNamed: false });
  }

  private async namesIn(folder: string): Promise<string[]> {
    try {
      return (await readdir(folder)).toSorted();
    } catch (error) {
      if (folder === this.root) throw new StoreError('invalid-request', fileTrouble(error), { cause: error });
      this.unreadable.set(folder, fileTrouble(error));
      return [];
    }
  }
}

/**
 * Finds the files of a command. A folder stands for all files in it and below, except side files of operating
 * systems and targets of symbolic links. A file that is given in two ways counts once.
 *
 * @param typed - files and folders
 * @throws StoreError `invalid-request` if one is named twice
 */
export async function findGivenFiles(
  typed: readonly TypedFile[],
  limits = FOLDER_LIMITS,
): Promise<GivenFiles> {
  if (new Set(typed.map(({ shown }) => shown)).size !== typed.length)
    throw new StoreError('invalid-request', 'cannot use a file twice in one command');
  const files = new Map<string, GivenFile>();
  const unreadable = new Map<string, string>();
  const order: string[] = [];
  let links = 0;
  for (const { shown, path } of typed) {
    try {
      if (!(await isFolder(path))) {
        files.set(resolve(path), { shown, path, isNamed: true });
        order.push(shown);
        continue;
      }
      const walk = new FolderWalk(path, limits);
      await walk.walk(path, 1);
      for (const file of walk.files) if (!files.has(resolve(file.path))) files.set(resolve(file.path), file);
      for (const [below, why] of walk.unreadable) unreadable.set(below, why);
      order.push(...walk.files.map((file) => file.shown), ...walk.unreadable.keys());
      links += walk.links;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      unreadable.set(shown, error.message);
      order.push(shown);
    }
  }
  return { files: [...files.values()], shown: order, unreadable, links };
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw new StoreError('invalid-request', fileTrouble(error), { cause: error });
  }
}
