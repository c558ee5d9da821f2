import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { digestToHex } from '../../src/common/crypto/digest.js';
import { bundleOf } from '../support/bundle-writer.js';
import { Fetching } from '../support/fetching.js';
import { writeArchive } from '../support/input-forms.js';
import { png } from '../support/pictures.js';
import { refusalOf } from '../support/refusal.js';
import { mountSmallDisk, whyNoMount } from '../support/small-disk.js';
import { TestPublisher } from '../support/test-snaps.js';

const DISK_BYTES = 4 << 20;
const refusedBecause = whyNoMount();
const WITHOUT_MOUNT =
  refusedBecause === undefined ? '' : ` (skipped, as no disk can be mounted here: ${refusedBecause})`;

describe.skipIf(refusedBecause !== undefined)(`a small disk${WITHOUT_MOUNT}`, () => {
  const publisher = new TestPublisher();
  const snap = publisher.snap({ name: 'big', revision: 1, base: 'none', padding: randomBytes(2 << 20) });
  const drawn = publisher.snap({ name: 'drawn', revision: 1, base: 'none' });
  const media = [{ type: 'banner', bytes: png(2 << 20) }];
  let fetching: Fetching;
  let disk: string;

  beforeAll(async () => {
    fetching = await Fetching.start(publisher);
    for (const parts of [bundleOf([snap]), bundleOf([drawn], { media })])
      await fetching.upstream.push(await writeArchive(fetching.upstream.directory, parts));
    disk = join(fetching.store.directory, 'disk');
    mkdirSync(disk);
  });
  afterAll(() => fetching.stop());
  beforeEach(() => {
    mountSmallDisk(disk, `size=${DISK_BYTES}`);
    fetching.passOn();
  });
  afterEach(() => execFileSync('umount', [disk]));

  const fetch = async (name = 'big') => await fetching.fetch([name], { exportDir: disk, withNeeds: false });
  const refusal = async (name = 'big') => await refusalOf(fetch(name));

  it.each([0, 4_096, 1 << 20, 2 << 20])('for bundles, with %i bytes free', async (free) => {
    writeFileSync(join(disk, 'ballast'), Buffer.alloc(DISK_BYTES - free));
    expect(await refusal()).toBe(`cannot write a bundle to ${disk}: no space is left on the disk`);
    expect(readdirSync(disk)).toEqual(['ballast']);
    rmSync(join(disk, 'ballast'));
    // The snap itself is not downloaded again.
    fetching.passOn();
    expect((await fetch()).bundles).toHaveLength(1);
    expect(fetching.paths().filter((path) => path.includes('/download/'))).toEqual([]);
    expect(readdirSync(disk)).toHaveLength(1);
  });

  it('for bundles that is read-only', async () => {
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    expect(await refusal()).toMatch(/^cannot write a bundle to \S+: EROFS: read-only file system/);
    execFileSync('mount', ['-o', 'remount,rw', disk]);
    expect((await fetch()).bundles).toHaveLength(1);
  });

  it('for downloads without space for a picture: no part of the picture is kept', async () => {
    const partial = join(fetching.store.dataDir, 'downloads/partial');
    mkdirSync(partial, { recursive: true });
    mountSmallDisk(partial, 'size=1m');
    try {
      expect(await refusal('drawn')).toMatch(/^cannot store files in \S+: no space is left on the disk$/);
      expect(readdirSync(partial)).toEqual([digestToHex(drawn.digest)]);
      execFileSync('mount', ['-o', 'remount,size=4m', partial]);
      const { bundles } = await fetch('drawn');
      expect(bundles[0]?.snaps[0]?.media).toHaveLength(1);
      expect(readdirSync(partial)).toEqual([]);
    } finally {
      execFileSync('umount', [partial]);
    }
  });

  it('for downloads: the downloaded part is kept, and the next fetch continues from there', async () => {
    const partial = join(fetching.store.dataDir, 'downloads/partial');
    mkdirSync(partial, { recursive: true });
    mountSmallDisk(partial, 'size=1m');
    try {
      expect(await refusal()).toMatch(/^cannot store files in \S+: no space is left on the disk$/);
      expect(readdirSync(disk)).toEqual([]);
      const kept = statSync(join(partial, digestToHex(snap.digest))).size;
      expect(kept).toBeGreaterThan(0);
      execFileSync('mount', ['-o', 'remount,size=4m', partial]);
      fetching.passOn();
      await fetch();
      const [download] = fetching.between.asked.filter(({ path }) => path.includes('/download/'));
      expect(download?.headers.range).toBe(`bytes=${kept}-`);
    } finally {
      execFileSync('umount', [partial]);
    }
  });
});
