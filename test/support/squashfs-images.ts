import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { StoreError } from '../../src/common/errors.js';
import type { RandomAccess } from '../../src/snap-files/squashfs/random-access.js';
import { openSquashfs, type SquashfsImage } from '../../src/snap-files/squashfs/squashfs.js';

/** Whether Debian's squashfs-tools are here; tests over them name themselves as skipped where they are not. */
export const hasSquashfsTools = ['mksquashfs', 'unsquashfs'].every(
  (tool) => spawnSync(tool, ['-version']).error === undefined,
);

export const WITHOUT_TOOLS = hasSquashfsTools ? '' : ' (skipped: squashfs-tools is not installed)';

/** Packs a folder with mksquashfs and returns the image. */
export function packSquashfs(folder: string, image: string, args: readonly string[]): Buffer {
  run('mksquashfs', [folder, image, '-noappend', '-no-progress', '-quiet', ...args]);
  return readFileSync(image);
}

/** Unpacks an image with unsquashfs. */
export function unpackSquashfs(image: string, folder: string): void {
  run('unsquashfs', ['-no-progress', '-no-xattrs', '-d', folder, image]);
}

function run(tool: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(tool, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${tool} failed: ${stderr}`);
}

/** An image in memory, read as a file is. */
export function memoryAccess(bytes: Buffer): RandomAccess {
  return {
    sizeBytes: bytes.length,
    read: async (offset, length) => Buffer.from(bytes.subarray(offset, offset + length)),
  };
}

/** The message that reading ends in, or `undefined` where it succeeds; any other error than a refusal is rethrown. */
export async function whyUnreadable(read: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await read();
    return undefined;
  } catch (error) {
    if (error instanceof StoreError && error.code === 'invalid-snap') return error.message;
    throw error;
  }
}

/** Every path of an image with its bytes, or its type where it is no file. `maxPaths` ends the walk of a loop. */
export async function readTree(
  image: SquashfsImage,
  maxBytes: number,
  maxPaths = 100_000,
): Promise<Map<string, Buffer | string>> {
  const tree = new Map<string, Buffer | string>();
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined && tree.size < maxPaths; folder = folders.pop()) {
    for (const { name, type } of (await image.list(folder)) ?? []) {
      const path = folder === '' ? name : `${folder}/${name}`;
      tree.set(path, type === 'file' ? ((await image.readFile(path, maxBytes)) ?? 'missing') : type);
      if (type === 'folder') folders.push(path);
    }
  }
  return tree;
}

/** Numbers from 0 up to 1, the same for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const METADATA_BLOCK_BYTES = 8192;

/** An image by hand, nothing compressed: a superblock, an inode table, a directory table; the root is the first inode. */
export function craftImage(inodes: Buffer, directories: Buffer): Buffer {
  const inodeTable = storedBlocks(inodes);
  const directoryTable = storedBlocks(directories);
  const head = Buffer.alloc(96);
  head.write('hsqs', 'latin1');
  head.writeUInt32LE(4096, 12);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(12, 22);
  head.writeUInt16LE(4, 28);
  head.writeBigUInt64LE(BigInt(96 + inodeTable.length + directoryTable.length), 40);
  head.writeBigUInt64LE(96n, 64);
  head.writeBigUInt64LE(BigInt(96 + inodeTable.length), 72);
  return Buffer.concat([head, inodeTable, directoryTable]);
}

/** Cuts a table into metadata blocks that are stored as they are. */
function storedBlocks(table: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < table.length; at += METADATA_BLOCK_BYTES) {
    const body = table.subarray(at, at + METADATA_BLOCK_BYTES);
    const header = Buffer.alloc(2);
    header.writeUInt16LE(0x8000 | body.length);
    parts.push(header, body);
  }
  return Buffer.concat(parts);
}

/** An extended folder inode whose listing is the start of the directory table. */
export function folderInode(listingBytes: number): Buffer {
  const inode = Buffer.alloc(40);
  inode.writeUInt16LE(8, 0);
  inode.writeUInt32LE(listingBytes + 3, 20);
  return inode;
}

/** An extended file inode without a fragment; its block list follows it. */
export function fileInode(sizeBytes: number, blocks: readonly number[]): Buffer {
  const inode = Buffer.alloc(56 + 4 * blocks.length);
  inode.writeUInt16LE(9, 0);
  inode.writeBigUInt64LE(96n, 16);
  inode.writeBigUInt64LE(BigInt(sizeBytes), 24);
  inode.writeUInt32LE(0xffffffff, 44);
  blocks.forEach((stored, i) => inode.writeUInt32LE(stored, 56 + 4 * i));
  return inode;
}

/** A run of directory entries, all of one type and with one inode of the first inode block. */
export function listingRun(names: readonly string[], inodeOffset = 0, type = 1): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt32LE(names.length - 1, 0);
  const entries = names.map((name) => {
    const entry = Buffer.alloc(8);
    entry.writeUInt16LE(inodeOffset, 0);
    entry.writeUInt16LE(type, 4);
    entry.writeUInt16LE(name.length - 1, 6);
    return Buffer.concat([entry, Buffer.from(name, 'latin1')]);
  });
  return Buffer.concat([head, ...entries]);
}

/** An image whose root holds the given runs and nothing else; every folder in it is the root again. */
export function craftFolder(...runs: readonly Buffer[]): Promise<SquashfsImage> {
  const listing = Buffer.concat(runs);
  return openSquashfs(memoryAccess(craftImage(folderInode(listing.length), listing)));
}
