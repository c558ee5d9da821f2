import { badImage } from './bad-image.js';
import type { MetadataCursor } from './metadata.js';
import { readOffset } from './superblock.js';

/** The types of directory entries. */
export type EntryType = 'folder' | 'file' | 'symlink' | 'other';

/** The fragment number that means: no fragment, the last block is stored like the others. */
export const NO_FRAGMENT = 0xffffffff;

export interface FileInode {
  readonly type: 'file';
  readonly sizeBytes: number;
  /** Offset of the first block in the image. */
  readonly start: number;
  readonly fragment: number;
  /** Where the file's tail starts in its fragment block. */
  readonly fragmentOffset: number;
}

export interface FolderInode {
  readonly type: 'folder';
  /** Bytes of the listing, plus 3 for the `.` and `..` that are not stored. */
  readonly listingBytes: number;
  /** Metadata block in bytes after the directory table's start, and the offset inside it. */
  readonly block: number;
  readonly offset: number;
}

export type Inode = FileInode | FolderInode | { readonly type: 'symlink' | 'other' };

/** By the number in an inode. The number of an extended inode is 7 more than that of its basic one. */
const TYPES: readonly (EntryType | undefined)[] = [
  undefined,
  'folder',
  'file',
  'symlink',
  'other', // block device
  'other', // character device
  'other', // fifo
  'other', // socket
];
const FIRST_EXTENDED = 8;
const LAST_TYPE = 14;

/**
 * Reads the inode at the cursor. For a file, the cursor is then at its block list.
 *
 * @throws StoreError `invalid-snap` on an unknown type
 * @see torvalds/linux: fs/squashfs/squashfs_fs.h, the squashfs_*_inode structs
 */
export async function readInode(cursor: MetadataCursor): Promise<Inode> {
  const number = (await cursor.read(16)).readUInt16LE(0);
  const isExtended = number >= FIRST_EXTENDED;
  const type = entryType(number);
  if (type === 'folder') return isExtended ? readExtendedFolder(cursor) : readBasicFolder(cursor);
  if (type === 'file') return isExtended ? readExtendedFile(cursor) : readBasicFile(cursor);
  return { type };
}

/** The type of an inode or directory entry with this number. */
export function entryType(number: number): EntryType {
  const basic = number >= FIRST_EXTENDED && number <= LAST_TYPE ? number - FIRST_EXTENDED + 1 : number;
  const type = TYPES[basic];
  if (type === undefined) throw badImage(`inode type ${number} is unknown`);
  return type;
}

async function readBasicFolder(cursor: MetadataCursor): Promise<FolderInode> {
  const bytes = await cursor.read(16);
  return {
    type: 'folder',
    block: bytes.readUInt32LE(0),
    listingBytes: bytes.readUInt16LE(8),
    offset: bytes.readUInt16LE(10),
  };
}

async function readExtendedFolder(cursor: MetadataCursor): Promise<FolderInode> {
  const bytes = await cursor.read(24);
  return {
    type: 'folder',
    listingBytes: bytes.readUInt32LE(4),
    block: bytes.readUInt32LE(8),
    offset: bytes.readUInt16LE(18),
  };
}

async function readBasicFile(cursor: MetadataCursor): Promise<FileInode> {
  const bytes = await cursor.read(16);
  return {
    type: 'file',
    start: bytes.readUInt32LE(0),
    fragment: bytes.readUInt32LE(4),
    fragmentOffset: bytes.readUInt32LE(8),
    sizeBytes: bytes.readUInt32LE(12),
  };
}

async function readExtendedFile(cursor: MetadataCursor): Promise<FileInode> {
  const bytes = await cursor.read(40);
  return {
    type: 'file',
    start: readOffset(bytes, 0),
    sizeBytes: readOffset(bytes, 8),
    fragment: bytes.readUInt32LE(28),
    fragmentOffset: bytes.readUInt32LE(32),
  };
}
