import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { INPUT_FORMS, writeForm } from '../support/input-forms.js';
import { expectRefused } from '../support/refusal.js';
import { mountSmallDisk, whyNoMount } from '../support/small-disk.js';
import { StoreApp } from '../support/store-app.js';
import { TestPublisher } from '../support/test-snaps.js';

const DISK_BYTES = 4 << 20;
const SNAP_BYTES = 2 << 20;

const refusedBecause = whyNoMount();
const WITHOUT_MOUNT =
  refusedBecause === undefined ? '' : ` (skipped, as no disk can be mounted here: ${refusedBecause})`;

describe.skipIf(refusedBecause !== undefined)(`a small disk${WITHOUT_MOUNT}`, () => {
  const publisher = new TestPublisher();
  let store: StoreApp;
  let blobs: string;
  let revision = 0;

  beforeAll(async () => {
    store = await StoreApp.start();
    await store.trust(publisher.stack.trusted());
    blobs = join(store.dataDir, 'blobs');
    mkdirSync(blobs);
  });
  afterAll(() => store.stop());
  beforeEach(() => mountSmallDisk(blobs, `size=${DISK_BYTES}`));
  afterEach(() => execFileSync('umount', [blobs]));

  const newSnap = () => {
    revision += 1;
    return publisher.snap({ name: `big-${revision}`, revision, padding: randomBytes(SNAP_BYTES) });
  };

  describe.each(INPUT_FORMS)('%s', (form) => {
    // Free bytes: nothing at all, part of the snap, and all of it but a page.
    it.each([0, 4_096, SNAP_BYTES >> 1, SNAP_BYTES])(
      'is refused with %i bytes free, and taken after',
      async (free) => {
        const file = await writeForm(store.directory, form, newSnap());
        writeFileSync(join(blobs, 'ballast'), Buffer.alloc(DISK_BYTES - free));
        await expectRefused(store, file, { code: 'storage-failed', says: 'no space is left on the disk' });
        rmSync(join(blobs, 'ballast'));
        expect(await store.push(file)).toMatchObject({ changed: true });
        expect(await store.blobFiles()).toHaveLength(1);
      },
    );

    it('is refused if nothing can be written, and accepted later', async () => {
      const file = await writeForm(store.directory, form, newSnap());
      execFileSync('mount', ['-o', 'remount,ro', blobs]);
      await expectRefused(store, file, { code: 'storage-failed', says: /cannot store files in .*read-only/ });
      execFileSync('mount', ['-o', 'remount,rw', blobs]);
      expect(await store.push(file)).toMatchObject({ changed: true });
    });

    it('is refused if an incomplete file cannot be removed', async () => {
      const file = await writeForm(store.directory, form, newSnap());
      mkdirSync(join(blobs, 'incoming'));
      // No process has this id: Linux has none above 4194304.
      writeFileSync(join(blobs, 'incoming', '9999999-x'), 'half');
      execFileSync('mount', ['-o', 'remount,ro', blobs]);
      await expectRefused(store, file, { code: 'storage-failed', says: /cannot store files in .*read-only/ });
      execFileSync('mount', ['-o', 'remount,rw', blobs]);
      expect(await store.push(file)).toMatchObject({ changed: true });
      expect(await store.blobFiles()).toHaveLength(1);
    });
  });

  it('leaves no row if a file cannot get its name, and completes later', async () => {
    const snap = newSnap();
    const file = await writeForm(store.directory, 'foreign archive', snap);
    const hex = snap.digest.toString('hex');
    // A file has the name of the folder.
    writeFileSync(join(blobs, hex.slice(0, 2)), '');
    await expectRefused(store, file, { code: 'storage-failed', says: 'cannot store files in' });
    rmSync(join(blobs, hex.slice(0, 2)));
    expect(await store.push(file)).toMatchObject({ changed: true });
  });
});
