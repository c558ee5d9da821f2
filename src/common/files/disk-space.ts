import { statfs } from 'node:fs/promises';

/** The size of the file system that holds a directory, in bytes. */
export interface DiskSpace {
  /** What accounts other than root may still use. */
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** @returns undefined if the directory does not exist */
export async function diskSpace(directory: string): Promise<DiskSpace | undefined> {
  try {
    const { bavail, blocks, bsize } = await statfs(directory);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
