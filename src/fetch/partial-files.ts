import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { digestToHex } from '../common/crypto/digest.js';
import { diskFailure } from '../common/files/disk-failure.js';
import { isAlive } from '../common/files/is-alive.js';
import { makeFolders } from '../common/files/make-folders.js';
import { PRIVATE_FOLDER } from '../common/files/private-files.js';

/** Turns an error of the disk into one line. */
export function explainDisk(directory: string, error: unknown): unknown {
  return diskFailure(`cannot store files in ${directory}`, error);
}

/**
 * Downloads that are not in a bundle yet, by digest, so that an interrupted fetch can continue where it stopped:
 *
 * ```
 * downloads/partial/abcd…          no process uses it
 * downloads/partial/abcd….<pid>    that process uses it, or used it when it died
 * ```
 */
export class PartialFiles {
  private readonly claimed = new Map<string, string>();

  constructor(readonly directory: string) {}

  /**
   * Claims a file for this process. A file of another running process is left alone.
   *
   * @returns the path to write to; it may already hold part of the file
   * @throws StoreError `storage-failed`
   */
  async claim(digest: Buffer): Promise<string> {
    const hex = digestToHex(digest);
    const mine = join(this.directory, `${hex}.${process.pid}`);
    try {
      makeFolders(this.directory, PRIVATE_FOLDER);
      for (const name of await readdir(this.directory)) {
        if (!name.startsWith(hex) || name === `${hex}.${process.pid}`) continue;
        const pid = Number(name.slice(hex.length + 1));
        if (name === hex || !isAlive(pid)) await this.takeOver(join(this.directory, name), mine);
      }
    } catch (error) {
      throw explainDisk(this.directory, error);
    }
    this.claimed.set(hex, mine);
    return mine;
  }

  /** Releases the remaining files for the next fetch. */
  async release(): Promise<void> {
    for (const [hex, path] of this.claimed)
      await rename(path, join(this.directory, hex)).catch(() => undefined);
    this.claimed.clear();
  }

  /** If two processes want the same file, one gets it and the other starts from the beginning. */
  private async takeOver(path: string, mine: string): Promise<void> {
    try {
      await rename(path, mine);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}
