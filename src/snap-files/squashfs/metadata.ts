import { badImage } from './bad-image.js';
import { decompressBlock, type Compressor } from './decompress.js';
import { readExactly, type RandomAccess } from './random-access.js';
import { SUPERBLOCK_BYTES } from './superblock.js';

/** Largest metadata block, in bytes, compressed or not. */
export const METADATA_BLOCK_BYTES = 8192;
/** The most metadata, in bytes, that one query (read a file, list a folder) may read. It limits the work. */
export const MAX_METADATA_BYTES = 16 * 1024 * 1024;

const CACHED_BLOCKS = 32;
const UNCOMPRESSED = 0x8000;

/** One decompressed metadata block, and where the next one starts in the image. */
interface MetadataBlock {
  readonly bytes: Buffer;
  readonly next: number;
}

/** How much more metadata one query may read. */
export class WorkLimit {
  private leftBytes = MAX_METADATA_BYTES;

  /** @throws StoreError `invalid-snap` if the query has used up its work */
  spend(bytes: number): void {
    this.leftBytes -= bytes;
    if (this.leftBytes < 0) throw badImage('its metadata is too large');
  }
}

/**
 * The metadata blocks of an image. Inodes, directories and the fragment table are streams, split into blocks of
 * at most 8 KiB, each with a 16-bit length (top bit: not compressed) and its bytes. The last blocks read are
 * kept.
 */
export class MetadataBlocks {
  private readonly cache = new Map<number, MetadataBlock>();

  constructor(
    private readonly file: RandomAccess,
    private readonly compressor: Compressor,
    private readonly usedBytes: number,
  ) {}

  async readBlock(start: number): Promise<MetadataBlock> {
    const cached = this.cache.get(start);
    if (cached !== undefined) return cached;
    const block = await this.decodeBlock(start);
    this.cache.set(start, block);
    const oldest = this.cache.keys().next();
    if (this.cache.size > CACHED_BLOCKS && oldest.done !== true) this.cache.delete(oldest.value);
    return block;
  }

  private async decodeBlock(start: number): Promise<MetadataBlock> {
    const body = start + 2;
    if (!(start >= SUPERBLOCK_BYTES && body <= this.usedBytes))
      throw badImage('a metadata block is out of place');
    const header = (await readExactly(this.file, start, 2)).readUInt16LE(0);
    const length = header & ~UNCOMPRESSED;
    if (length === 0 || length > METADATA_BLOCK_BYTES)
      throw badImage('a metadata block has an impossible length');
    if (body + length > this.usedBytes) throw badImage('a metadata block reaches past the end');
    const stored = await readExactly(this.file, body, length);
    const isStored = (header & UNCOMPRESSED) !== 0;
    const bytes = isStored ? stored : await decompressBlock(this.compressor, stored, METADATA_BLOCK_BYTES);
    if (bytes.length === 0) throw badImage('a metadata block is empty');
    return { bytes, next: body + length };
  }
}

/** Reads a metadata stream forwards from one position, across blocks. */
export class MetadataCursor {
  constructor(
    private readonly blocks: MetadataBlocks,
    private readonly limit: WorkLimit,
    private start: number,
    private offset: number,
  ) {}

  /** @throws StoreError `invalid-snap` if the stream ends before, or the work limit is exceeded */
  async read(length: number): Promise<Buffer> {
    this.limit.spend(length);
    const parts: Buffer[] = [];
    let missing = length;
    while (missing > 0) {
      const block = await this.blocks.readBlock(this.start);
      if (this.offset > block.bytes.length) throw badImage('a reference points past its metadata block');
      if (this.offset === block.bytes.length) {
        // Only the last block of a table is short, so a chain of tiny blocks cannot multiply the work.
        if (block.bytes.length !== METADATA_BLOCK_BYTES) throw badImage('a table ends early');
        this.start = block.next;
        this.offset = 0;
        continue;
      }
      const part = block.bytes.subarray(this.offset, this.offset + missing);
      parts.push(part);
      missing -= part.length;
      this.offset += part.length;
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts, length);
  }
}
