import { StoreError } from '../../common/errors.js';
import { badImage } from './bad-image.js';
import { readListing, type DirectoryEntry } from './directory.js';
import { FileData } from './file-data.js';
import { readInode, type Inode } from './inode.js';
import { MetadataBlocks, MetadataCursor, WorkLimit } from './metadata.js';
import type { RandomAccess } from './random-access.js';
import { readSuperblock, type InodeReference, type Superblock } from './superblock.js';

/** The most parts of a path. */
export const MAX_PATH_DEPTH = 64;

/** An inode, with the cursor after it: for a file, at the block list. */
interface FoundInode {
  readonly inode: Inode;
  readonly cursor: MetadataCursor;
}

/**
 * Opens a SquashFS 4.0 image, the format of snaps. Suitable for hostile input: every offset and length is
 * checked, and the work and memory of one query are limited. Reads ranges only.
 *
 * Compressors: gzip, lzo, xz, lz4, zstd. Extended attributes and the export table are ignored.
 *
 * @throws StoreError `invalid-snap` if the file is not such an image
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
   * @param maxBytes - largest size of the file
   * @returns `undefined` if the name does not exist
   * @throws StoreError `invalid-snap` if it is not a plain file, or is larger, or the path leads through
   *   anything but folders (symlinks are never followed), or the image is broken
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
   * Lists a folder, in stored order.
   *
   * @returns `undefined` if the name does not exist
   * @throws StoreError `invalid-snap` as `readFile` does, and if it is not a folder
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
