import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { digestToHex } from '../common/crypto/digest.js';
import { diskFailure } from '../common/files/disk-failure.js';
import { isAlive } from '../common/files/is-alive.js';
import { makeFolders } from '../common/files/make-folders.js';
import { PRIVATE_FOLDER } from '../common/files/private-files.js';

/** What the disk said, in one line. */
export function explainDisk(directory: string, error: unknown): unknown {
  return diskFailure(`cannot store files in ${directory}`, error);
}

/**
 * Downloads that are not in a bundle yet, by digest, so that an interrupted fetch goes on where it stopped:
 *
 * ```
 * downloads/partial/abcd…          nobody is at it
 * downloads/partial/abcd….<pid>    that process is at it, or was when it died
 * ```
 */
export class PartialFiles {
  private readonly claimed = new Map<string, string>();

  constructor(readonly directory: string) {}

  /**
   * Takes a file over for this process. What another, living process is at is left to it.
   *
   * @returns the path to write to, with what was there so far
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

  /** Leaves what is still there for the next fetch. */
  async release(): Promise<void> {
    for (const [hex, path] of this.claimed)
      await rename(path, join(this.directory, hex)).catch(() => undefined);
    this.claimed.clear();
  }

  /** Two processes may want the same file: one of them gets it, the other begins anew. */
  private async takeOver(path: string, mine: string): Promise<void> {
    try {
      await rename(path, mine);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}
