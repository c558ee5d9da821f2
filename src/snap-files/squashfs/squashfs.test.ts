import { spawnSync } from 'node:child_process';
import {
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasReal, realFiles } from '../../../test/support/real.js';
import {
  hasSquashfsTools,
  memoryAccess,
  packSquashfs,
  readTree,
  seededRandom,
  unpackSquashfs,
  WITHOUT_TOOLS,
} from '../../../test/support/squashfs-images.js';
import { fileAccess } from './file-access.js';
import { openSquashfs, type SquashfsImage } from './squashfs.js';

const MAX_BYTES = 256 * 1024 * 1024;
const random = seededRandom(4);
let scratch = '';

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'squashfs-'));
  if (hasSquashfsTools) makeTree(join(scratch, 'tree'));
});

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function noise(length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));
}

/** Half of it compresses, half does not. Sizes are at the edges of blocks of 4 KiB, 128 KiB and 1 MiB. */
function makeTree(root: string): void {
  const long = 'n'.repeat(251);
  const deep = Array.from({ length: 30 }, (_, i) => `d${i}`).join('/');
  for (const folder of ['meta/gui', 'many', 'empty', deep])
    mkdirSync(join(root, folder), { recursive: true });
  const write = (path: string, bytes: Buffer | string): void => writeFileSync(join(root, path), bytes);
  write('meta/snap.yaml', 'name: tree\nversion: 1.10\n');
  write('zero-bytes', '');
  write(`${long}.txt`, 'long name');
  write('ünï-名.txt', 'other letters');
  write(`${deep}/leaf`, 'deep');
  for (const blockBytes of [4096, 131_072, 1_048_576]) {
    for (const sizeBytes of [blockBytes - 1, blockBytes, blockBytes + 1]) {
      const half = noise(Math.floor(Math.min(sizeBytes, 5000) / 2));
      write(`text-${sizeBytes}`, Buffer.concat([half, Buffer.alloc(sizeBytes - half.length, 'squash ')]));
    }
  }
  write('noise', noise(300_000));
  write('real-text', readFileSync('package-lock.json'));
  write('sparse', Buffer.concat([noise(4096), Buffer.alloc(400_000), noise(4096)]));
  write('zeros', Buffer.alloc(262_144));
  for (let i = 0; i < 1000; i++) write(`many/file-${i}`, `content of file ${i}\n`.repeat(i % 50));
  linkSync(join(root, 'noise'), join(root, 'hard-link'));
  linkSync(join(root, 'meta/snap.yaml'), join(root, 'small-hard-link'));
  symlinkSync('noise', join(root, 'symlink'));
  symlinkSync('../../etc', join(root, 'meta/outside'));
}

/** The result of unsquashfs, in the form of `readTree`. */
function treeOnDisk(root: string): Map<string, Buffer | string> {
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' });
  return new Map(
    paths.map((path): [string, Buffer | string] => {
      const found = lstatSync(join(root, path));
      if (found.isFile()) return [path, readFileSync(join(root, path))];
      return [path, found.isDirectory() ? 'folder' : found.isSymbolicLink() ? 'symlink' : 'other'];
    }),
  );
}

/** Compares path by path, so that a difference shows as a name and not as megabytes. */
function differences(ours: Map<string, Buffer | string>, theirs: Map<string, Buffer | string>): string[] {
  const paths = new Set([...ours.keys(), ...theirs.keys()]);
  return [...paths].filter((path) => {
    const [a, b] = [ours.get(path), theirs.get(path)];
    return Buffer.isBuffer(a) && Buffer.isBuffer(b) ? !a.equals(b) : a !== b;
  });
}

async function compareWithUnsquashfs(path: string): Promise<number> {
  const unpacked = join(scratch, 'unpacked');
  rmSync(unpacked, { recursive: true, force: true });
  unpackSquashfs(path, unpacked);
  const handle = await open(path);
  try {
    const image = await openSquashfs(fileAccess(handle, (await stat(path)).size));
    const tree = await readTree(image, MAX_BYTES);
    expect(differences(tree, treeOnDisk(unpacked))).toEqual([]);
    return tree.size;
  } finally {
    await handle.close();
  }
}

describe.skipIf(!hasSquashfsTools)(`images of mksquashfs, as unsquashfs reads them${WITHOUT_TOOLS}`, () => {
  const layouts = [
    '',
    '-no-fragments',
    '-always-use-fragments',
    '-noI -noD -noF',
    '-b 1M',
    '-b 4K',
    '-no-exports -no-duplicates -nopad',
  ];
  const cases = ['gzip', 'lzo', 'lz4', 'xz', 'zstd'].flatMap((comp) =>
    layouts.map((layout) => [comp, layout]),
  );

  it.each([...cases, ['lz4', '-Xhc'], ['lzo', '-Xalgorithm lzo1x_1'], ['zstd', '-Xcompression-level 22']])(
    'reads every file of %s %s',
    async (compressor = '', layout = '') => {
      const path = join(scratch, 'image');
      packSquashfs(join(scratch, 'tree'), path, ['-comp', compressor, ...layout.split(' ').filter(Boolean)]);
      expect(await compareWithUnsquashfs(path)).toBeGreaterThan(1000);
    },
  );

  it('reads files and folders that have extended attributes', async (context) => {
    const root = join(scratch, 'attributes');
    mkdirSync(join(root, 'folder'), { recursive: true });
    writeFileSync(join(root, 'folder/file'), 'text');
    const set = ['folder', 'folder/file'].map((path) =>
      spawnSync('python3', [
        '-c',
        'import os, sys; os.setxattr(sys.argv[1], "user.a", b"b")',
        join(root, path),
      ]),
    );
    if (set.some(({ status }) => status !== 0)) context.skip('no extended attributes on this file system');
    packSquashfs(root, join(scratch, 'image'), []);
    expect(await compareWithUnsquashfs(join(scratch, 'image'))).toBe(2);
  });

  it('refuses lzma and names it', async () => {
    const image = packSquashfs(join(scratch, 'tree/meta'), join(scratch, 'image'), ['-comp', 'lzma']);
    await expect(openSquashfs(memoryAccess(image))).rejects.toThrow(
      'cannot read squashfs image: compressor lzma is unsupported',
    );
  });
});

function openTree(): Promise<SquashfsImage> {
  return openSquashfs(memoryAccess(packSquashfs(join(scratch, 'tree'), join(scratch, 'image'), [])));
}

describe.skipIf(!hasSquashfsTools)(`queries of an image${WITHOUT_TOOLS}`, () => {
  it.each([
    ['symlink', 'cannot read symlink of snap: it is a symlink, not a file'],
    ['meta', 'cannot read meta of snap: it is a folder, not a file'],
    ['meta/outside/passwd', 'cannot read meta/outside/passwd of snap: it leads through a symlink'],
    ['noise/x', 'cannot read noise/x of snap: it leads through a file'],
  ])('refuses to read %s', async (path, message) => {
    await expect((await openTree()).readFile(path, MAX_BYTES)).rejects.toThrow(message);
  });

  it.each([
    ['noise', 'cannot read noise of snap: it is a file, not a folder'],
    ['meta/outside', 'cannot read meta/outside of snap: it is a symlink, not a folder'],
  ])('refuses to list %s', async (path, message) => {
    await expect((await openTree()).list(path)).rejects.toThrow(message);
  });

  it.each(['missing', 'meta/missing', 'missing/snap.yaml', 'meta/../meta/snap.yaml', 'META'])(
    'finds nothing at %s',
    async (path) => {
      const image = await openTree();
      expect(await image.readFile(path, MAX_BYTES)).toBeUndefined();
      expect(await image.list(path)).toBeUndefined();
    },
  );

  it('reads a file of exactly the allowed size, and refuses one byte more', async () => {
    const image = await openTree();
    expect(await image.readFile('text-4096', 4096)).toHaveLength(4096);
    await expect(image.readFile('text-4097', 4096)).rejects.toThrow(
      'its 4097 bytes are over the limit of 4096',
    );
  });

  it('answers many queries at once', async () => {
    const image = await openTree();
    const numbers = Array.from({ length: 200 }, (_, i) => i);
    const files = await Promise.all(numbers.map((i) => image.readFile(`many/file-${i}`, MAX_BYTES)));
    expect(files.map(String)).toEqual(numbers.map((i) => `content of file ${i}\n`.repeat(i % 50)));
  });
});

describe.skipIf(!hasReal || !hasSquashfsTools)(
  `snaps of the official store${hasReal ? WITHOUT_TOOLS : ' (skipped: no real data here)'}`,
  () => {
    const snaps = [...realFiles('snaps', '.snap'), ...realFiles('snaps', '.comp')];
    it.each(snaps.map((path) => [basename(path), path]))('reads every file of %s', async (_name, path) => {
      expect(await compareWithUnsquashfs(path)).toBeGreaterThan(0);
    });
  },
);
