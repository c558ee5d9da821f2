import { badImage } from './bad-image.js';
import { entryType, type EntryType, type FolderInode } from './inode.js';
import { MetadataCursor, type MetadataBlocks, type WorkLimit } from './metadata.js';
import type { InodeReference, Superblock } from './superblock.js';

/** Largest listing of one folder, in bytes. */
export const MAX_LISTING_BYTES = 2 * 1024 * 1024;
/** The most entries of one folder. */
export const MAX_FOLDER_ENTRIES = 32_768;

/** SquashFS counts the unstored `.` and `..` in the size of a listing as this many bytes. */
const UNSTORED_BYTES = 3;
const HEADER_BYTES = 12;
const ENTRY_BYTES = 8;
const MAX_RUN_ENTRIES = 256;
const MAX_NAME_BYTES = 256;

/** One name in a folder. */
export interface DirectoryEntry {
  /** A single path part, decoded as UTF-8. */
  readonly name: string;
  readonly type: EntryType;
}

/** An entry as stored: its exact name, and the position of its inode. */
export interface StoredEntry {
  readonly name: Buffer;
  readonly type: EntryType;
  readonly inode: InodeReference;
}

/**
 * Reads a folder's listing: runs of up to 256 entries whose inodes share a metadata block.
 *
 * ```
 * run:    count - 1 (u32), inode block (u32), first inode number (u32), then its entries
 * entry:  inode offset (u16), inode number delta (s16), type (u16), name length - 1 (u16), name
 * ```
 *
 * @throws StoreError `invalid-snap` if the listing is too large, out of place, or has an unsafe or repeated
 *   name
 */
export async function readListing(
  blocks: MetadataBlocks,
  limit: WorkLimit,
  { directoryTable }: Superblock,
  folder: FolderInode,
): Promise<StoredEntry[]> {
  const listingBytes = Math.max(0, folder.listingBytes - UNSTORED_BYTES);
  if (listingBytes > MAX_LISTING_BYTES)
    throw badImage(`a folder's listing is over ${MAX_LISTING_BYTES} bytes`);
  const cursor = new MetadataCursor(blocks, limit, directoryTable + folder.block, folder.offset);
  const listing = await cursor.read(listingBytes);
  const entries: StoredEntry[] = [];
  let at = 0;
  while (at < listing.length) at = parseRun(listing, at, entries);
  checkNames(entries);
  return entries;
}

/** Adds the entries of the run at `at` and returns where the next one starts. */
function parseRun(listing: Buffer, at: number, entries: StoredEntry[]): number {
  checkInside(listing, at + HEADER_BYTES);
  const count = listing.readUInt32LE(at) + 1;
  const block = listing.readUInt32LE(at + 4);
  if (count > MAX_RUN_ENTRIES) throw badImage('a run of folder entries is too long');
  if (entries.length + count > MAX_FOLDER_ENTRIES)
    throw badImage(`a folder has over ${MAX_FOLDER_ENTRIES} entries`);
  let next = at + HEADER_BYTES;
  for (let i = 0; i < count; i++) {
    const nameStart = next + ENTRY_BYTES;
    checkInside(listing, nameStart);
    const nameEnd = nameStart + listing.readUInt16LE(next + 6) + 1;
    checkInside(listing, nameEnd);
    if (nameEnd - nameStart > MAX_NAME_BYTES) throw badImage('a name is too long');
    entries.push({
      name: listing.subarray(nameStart, nameEnd),
      type: entryType(listing.readUInt16LE(next + 4)),
      inode: { block, offset: listing.readUInt16LE(next) },
    });
    next = nameEnd;
  }
  return next;
}

function checkInside(listing: Buffer, end: number): void {
  if (end > listing.length) throw badImage("a folder's listing ends inside an entry");
}

/** With a repeated name, two readers of one image could see two different files. */
function checkNames(entries: readonly StoredEntry[]): void {
  const seen = new Set<string>();
  for (const { name } of entries) {
    const key = name.toString('latin1');
    if (key === '.' || key === '..' || key.includes('/') || key.includes('\0')) {
      throw badImage(`a folder contains the unsafe name ${JSON.stringify(key)}`);
    }
    if (seen.has(key)) throw badImage(`a folder contains the name ${JSON.stringify(key)} twice`);
    seen.add(key);
  }
}
