import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  craftFolder,
  craftImage,
  fileInode,
  folderInode,
  hasSquashfsTools,
  listingRun,
  memoryAccess,
  packSquashfs,
  readTree,
  seededRandom,
  whyUnreadable,
  WITHOUT_TOOLS,
} from '../../../test/support/squashfs-images.js';
import { readSnapContents } from '../snap-contents.js';
import { MAX_FOLDER_ENTRIES, MAX_LISTING_BYTES } from './directory.js';
import { MAX_METADATA_BYTES } from './metadata.js';
import { MAX_PATH_DEPTH, openSquashfs, type SquashfsImage } from './squashfs.js';
import { MAX_BLOCK_BYTES, MIN_BLOCK_BYTES } from './superblock.js';

const MAX_BYTES = 2 * 1024 * 1024;
const MAX_PATHS = 200;

/** All that a reader may query of an image: the snap's contents, then every file. */
async function readAll(bytes: Buffer): Promise<void> {
  const file = memoryAccess(bytes);
  await whyUnreadable(() => readSnapContents(file));
  await readTree(await openSquashfs(file), MAX_BYTES, MAX_PATHS);
}

function packSmallSnap(args: readonly string[]): Buffer {
  const scratch = mkdtempSync(join(tmpdir(), 'hostile-'));
  const gui = join(scratch, 'tree/meta/gui');
  mkdirSync(gui, { recursive: true });
  writeFileSync(join(scratch, 'tree/meta/snap.yaml'), 'name: small\nversion: "1"\n');
  writeFileSync(join(gui, 'icon.svg'), '<svg/>'.repeat(900));
  writeFileSync(join(gui, 'small.desktop'), '[Desktop Entry]\nName=Small\n'.repeat(20));
  const image = packSquashfs(join(scratch, 'tree'), join(scratch, 'image'), ['-b', '4K', '-nopad', ...args]);
  rmSync(scratch, { recursive: true });
  return image;
}

describe.skipIf(!hasSquashfsTools)(`damaged images${WITHOUT_TOOLS}`, () => {
  it.each([
    ['gzip', 1500, []],
    ['gzip', 4000, ['-noI', '-noD', '-noF']],
    ['lzo', 1000, []],
    ['lz4', 1000, []],
    ['xz', 600, []],
    ['zstd', 1500, []],
  ])('of %s are read or refused, %i times', async (compressor, times, args) => {
    const image = packSmallSnap(['-comp', compressor, ...args]);
    const random = seededRandom(times);
    let refused = 0;
    for (let i = 0; i < times; i++) {
      const damaged = Buffer.from(image);
      const count = 1 + Math.floor(random() * 4);
      for (let j = 0; j < count; j++) {
        const from = random() < 0.5 ? 0 : image.readUInt32LE(64); // half of them in the tables
        damaged[from + Math.floor(random() * (damaged.length - from))] = Math.floor(random() * 256);
      }
      if ((await whyUnreadable(() => readAll(damaged))) !== undefined) refused++;
    }
    expect(refused).toBeGreaterThan(times / 10);
  });

  it.each(['gzip', 'lzo', 'lz4', 'xz', 'zstd'])(
    'of %s are refused if they are truncated anywhere',
    async (compressor) => {
      const image = packSmallSnap(['-comp', compressor]);
      const usedBytes = image.readUInt32LE(40);
      for (let length = 0; length < usedBytes; length += 1 + Math.floor(length / 50)) {
        const cut = image.subarray(0, length);
        expect(await whyUnreadable(() => openSquashfs(memoryAccess(cut)))).toMatch(/truncated|shorter/);
        // The same with a matching size in the superblock: refused if a required table is missing.
        if (length < 96) continue;
        const admitted = Buffer.from(cut);
        admitted.writeBigUInt64LE(BigInt(length), 40);
        const isRefused = (await whyUnreadable(() => readAll(admitted))) !== undefined;
        expect(isRefused || length > image.readUInt32LE(72)).toBe(true);
      }
    },
  );
});

describe('superblocks', () => {
  let image: Buffer;
  beforeAll(() => {
    const listing = listingRun(['a']);
    image = craftImage(folderInode(listing.length), listing);
  });

  const patched = async (patch: (bytes: Buffer) => void): Promise<SquashfsImage> => {
    const bytes = Buffer.from(image);
    patch(bytes);
    const opened = await openSquashfs(memoryAccess(bytes));
    await opened.list('');
    return opened;
  };

  it.each<[string, (bytes: Buffer) => unknown, string]>([
    ['another magic', (b) => b.writeUInt8(0, 0), 'it does not start with the squashfs magic'],
    ['version 3.1', (b) => b.writeUInt16LE(3, 28) && b.writeUInt16LE(1, 30), 'version 3.1 is not 4.0'],
    ['a block size without its log', (b) => b.writeUInt16LE(13, 22), 'block size 4096 is not'],
    ['a block size of 4097', (b) => b.writeUInt32LE(4097, 12), 'block size 4097 is not'],
    ['a block size of 0', (b) => b.writeUInt32LE(0, 12) && b.writeUInt16LE(0, 22), 'block size 0 is not'],
    ['compressor lzma', (b) => b.writeUInt16LE(2, 20), 'compressor lzma is unsupported'],
    ['compressor 0', (b) => b.writeUInt16LE(0, 20), 'compressor 0 is unknown'],
    ['compressor 7', (b) => b.writeUInt16LE(7, 20), 'compressor 7 is unknown'],
    ['more bytes than the file', (b) => b.writeBigUInt64LE(BigInt(b.length + 1), 40), 'it is truncated'],
    ['endless bytes', (b) => b.writeBigUInt64LE(2n ** 64n - 1n, 40), 'it is truncated'],
    ['fewer bytes than itself', (b) => b.writeBigUInt64LE(95n, 40), 'it is truncated'],
    [
      'an inode table inside it',
      (b) => b.writeBigUInt64LE(95n, 64),
      'inode and directory tables are out of place',
    ],
    ['equal tables', (b) => b.writeBigUInt64LE(96n, 72), 'inode and directory tables are out of place'],
    ['a far directory table', (b) => b.writeBigUInt64LE(2n ** 63n, 72), 'tables are out of place'],
    ['a missing fragment table', (b) => b.writeUInt32LE(1, 16), 'its fragment table is out of place'],
    ['a root past the end', (b) => b.writeBigUInt64LE(2n ** 40n, 32), 'a metadata block is out of place'],
    ['the highest root reference', (b) => b.writeBigUInt64LE(2n ** 64n - 1n, 32), 'out of place'],
    [
      'a root past its block',
      (b) => b.writeBigUInt64LE(41n, 32),
      'a reference points past its metadata block',
    ],
    ['a root at the end of a block', (b) => b.writeBigUInt64LE(40n, 32), 'a table ends early'],
  ])('with %s are refused', async (_name, patch, message) => {
    await expect(patched((bytes) => void patch(bytes))).rejects.toThrow(message);
  });

  it.each([
    [MIN_BLOCK_BYTES / 2, false],
    [MIN_BLOCK_BYTES, true],
    [MAX_BLOCK_BYTES, true],
    [MAX_BLOCK_BYTES * 2, false],
  ])('with blocks of %i bytes are accepted: %s', async (blockBytes, isAccepted) => {
    const message = await whyUnreadable(() =>
      patched((bytes) => {
        bytes.writeUInt32LE(blockBytes, 12);
        bytes.writeUInt16LE(Math.log2(blockBytes), 22);
      }),
    );
    expect(message === undefined).toBe(isAccepted);
  });
});

function longName(i: number): string {
  return `${i}`.padStart(256, '-');
}

/** Runs that fill the largest listing exactly. The entry `a` is the folder itself. */
function largestListing(): Buffer[] {
  const runs = Array.from({ length: 31 }, (_, i) =>
    listingRun(Array.from({ length: 256 }, (_unused, j) => longName(i * 256 + j))),
  );
  const usedBytes = Buffer.concat(runs).length;
  const rest = ['a', ...Array.from({ length: 6 }, (_, i) => longName(9000 + i))];
  const last = MAX_LISTING_BYTES - usedBytes - listingRun(rest).length - 8;
  return [...runs, listingRun([...rest, 'z'.repeat(last)])];
}

describe('folders', () => {
  it.each([
    ['.', 'unsafe name "."'],
    ['..', 'unsafe name ".."'],
    ['a/b', 'unsafe name "a/b"'],
    ['a\0', 'unsafe name'],
  ])('with the name %j are refused', async (name, message) => {
    await expect((await craftFolder(listingRun([name]))).list('')).rejects.toThrow(message);
  });

  it('with one name twice are refused, in one run or two', async () => {
    await expect((await craftFolder(listingRun(['a', 'a']))).list('')).rejects.toThrow('the name "a" twice');
    await expect((await craftFolder(listingRun(['a']), listingRun(['a']))).list('')).rejects.toThrow('twice');
  });

  it('have names of up to 256 bytes', async () => {
    expect(await (await craftFolder(listingRun(['n'.repeat(256)]))).list('')).toHaveLength(1);
    await expect((await craftFolder(listingRun(['n'.repeat(257)]))).list('')).rejects.toThrow(
      'a name is too long',
    );
  });

  it('have runs of up to 256 entries', async () => {
    const names = Array.from({ length: 257 }, (_, i) => `n${i}`);
    expect(await (await craftFolder(listingRun(names.slice(1)))).list('')).toHaveLength(256);
    await expect((await craftFolder(listingRun(names))).list('')).rejects.toThrow(
      'run of folder entries is too long',
    );
  });

  it('that end inside an entry are refused', async () => {
    const run = listingRun(['abc']);
    for (let length = 1; length < run.length; length++) {
      await expect((await craftFolder(run.subarray(0, length))).list('')).rejects.toThrow(
        'ends inside an entry',
      );
    }
  });

  it('of an unknown type are refused', async () => {
    await expect((await craftFolder(listingRun(['a'], 0, 15))).list('')).rejects.toThrow(
      'inode type 15 is unknown',
    );
    await expect((await craftFolder(listingRun(['a'], 0, 2))).list('a')).rejects.toThrow('differ in type');
  });

  it(`have up to ${MAX_FOLDER_ENTRIES} entries`, async () => {
    const runs = Array.from({ length: MAX_FOLDER_ENTRIES / 256 }, (_, i) =>
      listingRun(Array.from({ length: 256 }, (_unused, j) => `${i}-${j}`)),
    );
    expect(await (await craftFolder(...runs)).list('')).toHaveLength(MAX_FOLDER_ENTRIES);
    await expect((await craftFolder(...runs, listingRun(['last']))).list('')).rejects.toThrow(
      'over 32768 entries',
    );
  });

  it('have listings of up to 2 MiB, and one query reads up to 16 MiB of them', async () => {
    const runs = largestListing();
    const image = await craftFolder(...runs);
    const fitting = MAX_METADATA_BYTES / MAX_LISTING_BYTES - 1; // the inodes on the path use the rest
    expect(await image.list('a/'.repeat(fitting - 1))).toHaveLength(31 * 256 + 8);
    await expect(image.list('a/'.repeat(fitting))).rejects.toThrow('its metadata is too large');

    const longer = Buffer.concat(runs);
    const inode = folderInode(longer.length + 1);
    const opened = await openSquashfs(memoryAccess(craftImage(inode, longer)));
    await expect(opened.list('')).rejects.toThrow("a folder's listing is over 2097152 bytes");
  });

  it(`that contain themselves are followed ${MAX_PATH_DEPTH} deep`, async () => {
    const image = await craftFolder(listingRun(['a']));
    expect(await image.list('a/'.repeat(MAX_PATH_DEPTH))).toEqual([{ name: 'a', type: 'folder' }]);
    await expect(image.list('a/'.repeat(MAX_PATH_DEPTH + 1))).rejects.toThrow('it is over 64 folders deep');
  });
});

const openFile = (sizeBytes: number, blocks: readonly number[]): Promise<SquashfsImage> => {
  const listing = listingRun(['file'], 40, 2);
  return openSquashfs(
    memoryAccess(
      craftImage(Buffer.concat([folderInode(listing.length), fileInode(sizeBytes, blocks)]), listing),
    ),
  );
};

describe('files', () => {
  const STORED = 0x1000000;

  it.each<[string, number, number[], string]>([
    ['a block longer than the block size', 4096, [STORED | 4097], 'a data block has an impossible size'],
    ['an empty stored block', 4096, [STORED], 'a data block has an impossible size'],
    ['unknown size bits', 4096, [0x2000000 | 10], 'a data block has an impossible size'],
    ['a block past the end', 4096, [STORED | 4096], 'a data block is out of place'],
    ['a block shorter than the file', 4096, [STORED | 10], 'a data block has the wrong length'],
    ['a block longer than the file', 9, [STORED | 10], 'a data block has the wrong length'],
    ['a block that is not gzip', 4096, [10], 'a gzip block cannot be decompressed'],
    ['fewer blocks than its size', 8192, [0], 'a table ends early'],
    ['more bytes than any disk has', 2 ** 50, [], 'over the limit of 8192'],
  ])('with %s are refused', async (_name, sizeBytes, blocks, message) => {
    await expect((await openFile(sizeBytes, blocks)).readFile('file', 8192)).rejects.toThrow(message);
  });

  it('of holes are zeros, and a stored block is read unchanged', async () => {
    expect(await (await openFile(5000, [0, 0])).readFile('file', 8192)).toEqual(Buffer.alloc(5000));
    expect(await (await openFile(10, [STORED | 10])).readFile('file', 8192)).toHaveLength(10);
  });

  it('with a size past what numbers hold are refused', async () => {
    const listing = listingRun(['file'], 40, 2);
    const file = fileInode(0, []);
    file.writeBigUInt64LE(2n ** 64n - 1n, 24);
    const image = craftImage(Buffer.concat([folderInode(listing.length), file]), listing);
    const opened = await openSquashfs(memoryAccess(image));
    await expect(opened.readFile('file', MAX_BYTES)).rejects.toThrow('over the limit');
  });

  it('that name a missing fragment are refused', async () => {
    const listing = listingRun(['file'], 40, 2);
    const file = fileInode(10, []);
    file.writeUInt32LE(0, 44);
    const image = craftImage(Buffer.concat([folderInode(listing.length), file]), listing);
    const opened = await openSquashfs(memoryAccess(image));
    await expect(opened.readFile('file', MAX_BYTES)).rejects.toThrow('a fragment that does not exist');
  });
});
