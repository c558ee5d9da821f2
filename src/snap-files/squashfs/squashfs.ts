import { StoreError } from '../../common/errors.js';
import { badImage } from './bad-image.js';
import { readListing, type DirectoryEntry } from './directory.js';
import { FileData } from './file-data.js';
import { readInode, type Inode } from './inode.js';
import { MetadataBlocks, MetadataCursor, WorkLimit } from './metadata.js';
import type { RandomAccess } from './random-access.js';
import { readSuperblock, type InodeReference, type Superblock } from './superblock.js';

/** Most parts of a path. */
export const MAX_PATH_DEPTH = 64;

/** An inode, with the cursor behind it: at the block list, for a file. */
interface FoundInode {
  readonly inode: Inode;
  readonly cursor: MetadataCursor;
}

/**
 * Opens a SquashFS 4.0 image, as snaps are, for hostile input: every offset and length is checked, and what one
 * question may read and hold is bounded. Reads ranges only.
 *
 * Compressors: gzip, lzo, xz, lz4, zstd. Extended attributes and the export table are not looked at.
 *
 * @throws StoreError `invalid-snap` when the file is no such image
 */
export async function openSquashfs(file: RandomAccess): Promise<SquashfsImage> {
  return new SquashfsImage(file, await readSuperblock(file));
}

/** Files and folders of an open image. Paths are relative to its root: `meta/snap.yaml`; the root is the empty path. */
export class SquashfsImage {
  private readonly blocks: MetadataBlocks;
  private readonly data: FileData;

  constructor(
    file: RandomAccess,
    private readonly superblock: Superblock,
  ) {
    this.blocks = new MetadataBlocks(file, superblock.compressor, superblock.usedBytes);
    this.data = new FileData(file, superblock, this.blocks);
  }

  /**
   * Reads a whole file.
   *
   * @param maxBytes - largest size the file may have
   * @returns `undefined` when there is nothing of that name
   * @throws StoreError `invalid-snap` when it is no plain file, or larger, or the path leads through anything but
   *   folders (symlinks are never followed), or the image is broken
   */
  async readFile(path: string, maxBytes: number): Promise<Buffer | undefined> {
    const limit = new WorkLimit();
    const found = await this.find(path, limit);
    if (found === undefined) return undefined;
    const { inode, cursor } = found;
    if (inode.type !== 'file') throw refusal(path, `it is a ${inode.type}, not a file`);
    if (inode.sizeBytes > maxBytes)
      throw refusal(path, `its ${inode.sizeBytes} bytes are over the limit of ${maxBytes}`);
    return this.data.read(inode, cursor, limit);
  }

  /**
   * Lists a folder, in the order it is stored.
   *
   * @returns `undefined` when there is nothing of that name
   * @throws StoreError `invalid-snap` as `readFile` does, and when it is no folder
   */
  async list(path: string): Promise<DirectoryEntry[] | undefined> {
    const limit = new WorkLimit();
    const found = await this.find(path, limit);
    if (found === undefined) return undefined;
    if (found.inode.type !== 'folder') throw refusal(path, `it is a ${found.inode.type}, not a folder`);
    const entries = await readListing(this.blocks, limit, this.superblock, found.inode);
    return entries.map(({ name, type }) => ({ name: name.toString('utf8'), type }));
  }

  private async find(path: string, limit: WorkLimit): Promise<FoundInode | undefined> {
    const parts = path.split('/').filter((part) => part !== '');
    if (parts.length > MAX_PATH_DEPTH) throw refusal(path, `it is over ${MAX_PATH_DEPTH} folders deep`);
    let found = await this.readInodeAt(this.superblock.rootInode, limit);
    for (const part of parts) {
      if (found.inode.type !== 'folder') throw refusal(path, `it leads through a ${found.inode.type}`);
      const wanted = Buffer.from(part);
      const listing = await readListing(this.blocks, limit, this.superblock, found.inode);
      const entry = listing.find(({ name }) => name.equals(wanted));
      if (entry === undefined) return undefined;
      found = await this.readInodeAt(entry.inode, limit);
      if (found.inode.type !== entry.type) throw badImage('an entry and its inode differ in type');
    }
    return found;
  }

  private async readInodeAt({ block, offset }: InodeReference, limit: WorkLimit): Promise<FoundInode> {
    const { inodeTable } = this.superblock;
    const cursor = new MetadataCursor(this.blocks, limit, inodeTable + block, offset);
    return { inode: await readInode(cursor), cursor };
  }
}

function refusal(path: string, detail: string): StoreError {
  return new StoreError('invalid-snap', `cannot read ${path} of snap: ${detail}`);
}
