import { badImage } from './bad-image.js';
import { COMPRESSOR_IDS, type Compressor } from './decompress.js';
import { readExactly, type RandomAccess } from './random-access.js';

/** Bytes of the superblock at the start of every image. */
export const SUPERBLOCK_BYTES = 96;
/** Smallest and largest data block that SquashFS 4.0 allows, in bytes. */
export const MIN_BLOCK_BYTES = 4096;
export const MAX_BLOCK_BYTES = 1024 * 1024;

const MAGIC = 0x73717368; // "hsqs" as little endian

/** The contents of the superblock, checked against the file. Offsets are bytes from the start of the image. */
export interface Superblock {
  readonly blockBytes: number;
  readonly fragmentCount: number;
  readonly compressor: Compressor;
  readonly rootInode: InodeReference;
  /** Size of the image itself, in bytes. The file may be padded after it. */
  readonly usedBytes: number;
  readonly inodeTable: number;
  readonly directoryTable: number;
  /** Unused if `fragmentCount` is 0. */
  readonly fragmentTable: number;
}

/**
 * The position of an inode: a metadata block, in bytes after the inode table's start, and the offset inside it.
 */
export interface InodeReference {
  readonly block: number;
  readonly offset: number;
}

/**
 * Reads and checks the superblock.
 *
 * ```
 *  0 magic   4 inodes     8 mtime      12 block size  16 fragments  20 compressor  22 block log  24 flags
 * 26 ids    28 major     30 minor      32 root inode  40 bytes used 48 id table    56 xattr table
 * 64 inode table         72 directory table           80 fragment table            88 export table
 * ```
 *
 * @throws StoreError `invalid-snap` if this is not a SquashFS 4.0 image, or is larger than its file
 * @see torvalds/linux: fs/squashfs/squashfs_fs.h, struct squashfs_super_block
 */
export async function readSuperblock(file: RandomAccess): Promise<Superblock> {
  if (file.sizeBytes < SUPERBLOCK_BYTES) throw badImage('it is shorter than a superblock');
  const bytes = await readExactly(file, 0, SUPERBLOCK_BYTES);
  if (bytes.readUInt32LE(0) !== MAGIC) throw badImage('it does not start with the squashfs magic');
  const version = `${bytes.readUInt16LE(28)}.${bytes.readUInt16LE(30)}`;
  if (version !== '4.0') throw badImage(`version ${version} is not 4.0`);

  const usedBytes = readOffset(bytes, 40);
  if (usedBytes < SUPERBLOCK_BYTES || usedBytes > file.sizeBytes) throw badImage('it is truncated');
  const root = readOffset(bytes, 32);
  const superblock: Superblock = {
    blockBytes: checkedBlockSize(bytes.readUInt32LE(12), bytes.readUInt16LE(22)),
    fragmentCount: bytes.readUInt32LE(16),
    compressor: checkedCompressor(bytes.readUInt16LE(20)),
    rootInode: { block: Math.floor(root / 0x10000), offset: root % 0x10000 },
    usedBytes,
    inodeTable: readOffset(bytes, 64),
    directoryTable: readOffset(bytes, 72),
    fragmentTable: readOffset(bytes, 80),
  };
  checkTables(superblock);
  return superblock;
}

/**
 * A 64-bit offset as a number. An offset too large for any file becomes infinite, and the next bounds check
 * fails.
 */
export function readOffset(bytes: Buffer, at: number): number {
  const value = bytes.readBigUInt64LE(at);
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.POSITIVE_INFINITY : Number(value);
}

function checkedBlockSize(blockBytes: number, blockLog: number): number {
  if (blockBytes < MIN_BLOCK_BYTES || blockBytes > MAX_BLOCK_BYTES || blockBytes !== 2 ** blockLog) {
    throw badImage(
      `block size ${blockBytes} is not a power of two from ${MIN_BLOCK_BYTES} to ${MAX_BLOCK_BYTES}`,
    );
  }
  return blockBytes;
}

function checkedCompressor(id: number): Compressor {
  const compressor = COMPRESSOR_IDS.get(id);
  if (compressor !== undefined) return compressor;
  throw badImage(id === 2 ? 'compressor lzma is unsupported' : `compressor ${id} is unknown`);
}

function checkTables({
  inodeTable,
  directoryTable,
  fragmentTable,
  fragmentCount,
  usedBytes,
}: Superblock): void {
  const inOrder =
    SUPERBLOCK_BYTES <= inodeTable && inodeTable < directoryTable && directoryTable <= usedBytes;
  if (!inOrder) throw badImage('its inode and directory tables are out of place');
  if (fragmentCount > 0 && (fragmentTable < directoryTable || fragmentTable >= usedBytes)) {
    throw badImage('its fragment table is out of place');
  }
}
