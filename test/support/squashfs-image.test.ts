import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openSquashfs } from '../../src/snap-files/squashfs/squashfs.js';
import { squashfsImage } from './squashfs-image.js';
import { hasSquashfsTools, memoryAccess, WITHOUT_TOOLS } from './squashfs-images.js';

const files = {
  'meta/snap.yaml': Buffer.from('name: x\n'),
  'bin/a': Buffer.from('a'),
  'data.bin': Buffer.alloc((1 << 20) + 5, 7),
  empty: Buffer.alloc(0),
};

it('makes images that our reader reads', async () => {
  const image = await openSquashfs(memoryAccess(squashfsImage(files)));
  for (const [path, bytes] of Object.entries(files))
    expect((await image.readFile(path, 1 << 22))?.equals(bytes)).toBe(true);
});

it.skipIf(!hasSquashfsTools)(`makes images that unsquashfs reads${WITHOUT_TOOLS}`, () => {
  const directory = mkdtempSync(join(tmpdir(), 'squashfs-image-'));
  writeFileSync(join(directory, 'image'), squashfsImage(files));
  execFileSync('unsquashfs', ['-d', join(directory, 'out'), join(directory, 'image')], { stdio: 'pipe' });
  for (const [path, bytes] of Object.entries(files))
    expect(readFileSync(join(directory, 'out', path)).equals(bytes)).toBe(true);
  rmSync(directory, { recursive: true });
});
