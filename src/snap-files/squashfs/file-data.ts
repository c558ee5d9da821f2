import { badImage } from './bad-image.js';
import { decompressBlock } from './decompress.js';
import { NO_FRAGMENT, type FileInode } from './inode.js';
import { MetadataCursor, type MetadataBlocks, type WorkLimit } from './metadata.js';
import { readExactly, type RandomAccess } from './random-access.js';
import { readOffset, SUPERBLOCK_BYTES, type Superblock } from './superblock.js';

const UNCOMPRESSED = 0x1000000;
const SIZE_MASK = UNCOMPRESSED - 1;
const FRAGMENT_ENTRY_BYTES = 16;
const FRAGMENTS_PER_BLOCK = 512;

/** Reads the contents of files: whole blocks, and tails that share a fragment block. */
export class FileData {
  /** The fragment block read last. Small files are stored next to each other in one. */
  private lastFragment: { readonly start: number; readonly bytes: Buffer } | undefined;

  constructor(
    private readonly file: RandomAccess,
    private readonly superblock: Superblock,
    private readonly blocks: MetadataBlocks,
  ) {}

  /**
   * @param list - at the file's block list: the stored size of each block (0: all zeros), bit 24 set if it is
   *   not compressed
   * @param inode - of a file whose size the caller has limited
   * @throws StoreError `invalid-snap` if a block is out of place or has the wrong size
   */
  async read(inode: FileInode, list: MetadataCursor, limit: WorkLimit): Promise<Buffer> {
    const { blockBytes } = this.superblock;
    const hasFragment = inode.fragment !== NO_FRAGMENT;
    const blockCount = hasFragment
      ? Math.floor(inode.sizeBytes / blockBytes)
      : Math.ceil(inode.sizeBytes / blockBytes);
    const parts: Buffer[] = [];
    let start = inode.start;
    let leftBytes = inode.sizeBytes;
    for (let i = 0; i < blockCount; i++) {
      const stored = (await list.read(4)).readUInt32LE(0);
      const expectedBytes = Math.min(leftBytes, blockBytes);
      const block = stored === 0 ? Buffer.alloc(expectedBytes) : await this.readBlock(start, stored);
      if (block.length !== expectedBytes) throw badImage('a data block has the wrong length');
      parts.push(block);
      start += stored & SIZE_MASK;
      leftBytes -= expectedBytes;
    }
    if (leftBytes > 0) parts.push(await this.readTail(inode, leftBytes, limit));
    return Buffer.concat(parts, inode.sizeBytes);
  }

  private async readTail(inode: FileInode, length: number, limit: WorkLimit): Promise<Buffer> {
    const fragment = await this.readFragment(inode.fragment, limit);
    if (inode.fragmentOffset + length > fragment.length)
      throw badImage("a file's tail reaches past its fragment");
    return fragment.subarray(inode.fragmentOffset, inode.fragmentOffset + length);
  }

  private async readFragment(number: number, limit: WorkLimit): Promise<Buffer> {
    const { fragmentCount, fragmentTable, usedBytes } = this.superblock;
    if (number >= fragmentCount) throw badImage('a file names a fragment that does not exist');
    // The table is an index of metadata blocks, each with the entries of 512 fragments: start (u64), size
    // (u32), 0.
    const index = fragmentTable + Math.floor(number / FRAGMENTS_PER_BLOCK) * 8;
    if (index + 8 > usedBytes) throw badImage('its fragment table reaches past the end');
    const block = readOffset(await readExactly(this.file, index, 8), 0);
    const offset = (number % FRAGMENTS_PER_BLOCK) * FRAGMENT_ENTRY_BYTES;
    const entry = await new MetadataCursor(this.blocks, limit, block, offset).read(FRAGMENT_ENTRY_BYTES);

    const start = readOffset(entry, 0);
    if (this.lastFragment?.start !== start) {
      this.lastFragment = { start, bytes: await this.readBlock(start, entry.readUInt32LE(8)) };
    }
    return this.lastFragment.bytes;
  }

  private async readBlock(start: number, stored: number): Promise<Buffer> {
    const { blockBytes, usedBytes, compressor } = this.superblock;
    const length = stored & SIZE_MASK;
    if (stored > (SIZE_MASK | UNCOMPRESSED) || length === 0 || length > blockBytes) {
      throw badImage('a data block has an impossible size');
    }
    if (!(start >= SUPERBLOCK_BYTES && start + length <= usedBytes))
      throw badImage('a data block is out of place');
    const bytes = await readExactly(this.file, start, length);
    return (stored & UNCOMPRESSED) === 0 ? decompressBlock(compressor, bytes, blockBytes) : bytes;
  }
}
