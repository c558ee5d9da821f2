import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeBundle } from '../bundles/bundle-writer.js';
import type { BundleMedium } from '../bundles/format/bundle-documents.js';
import { NO_PROGRESS } from '../common/terminal/progress.js';
import type { ImportService } from '../imports/import.service.js';
import { readPicture } from '../snap-files/picture.js';
import { assetsDirectory } from './push-signed.js';
import type { SignedSnapFile, StoreStack } from './store-stack.js';

/** A picture in the assets, and its type in the listing of a snap. */
export interface UnlistedPicture {
  readonly type: string;
  /** Name of the file. */
  readonly file: string;
}

/** A fixed date, so that pushing the listing again changes nothing. */
const LISTED_AT = new Date('2026-01-01T00:00:00Z');

async function readAsset({ type, file: name }: UnlistedPicture): Promise<BundleMedium> {
  const file = join(assetsDirectory('sandbox'), name);
  const picture = readPicture(await readFile(file));
  if (!picture) throw new Error(`${name} is no picture`);
  const { bytes, ...known } = picture;
  return { ...known, type, file, sizeBytes: bytes.length };
}

/**
 * Adds pictures to the listing of a stored snap, as `push-snap` does: with a bundle without the snap's files.
 *
 * @param directory - directory for the bundle, which is removed afterwards
 */
export async function pushListing(
  imports: ImportService,
  stack: StoreStack,
  publisherId: string,
  snap: SignedSnapFile,
  pictures: readonly UnlistedPicture[],
  directory: string,
): Promise<void> {
  const { name, snapId, revision, sizeBytes, digest } = snap;
  const path = await writeBundle(directory, {
    name,
    createdAt: LISTED_AT,
    source: 'sandbox',
    signingKey: undefined,
    snaps: [
      {
        name,
        snapId,
        assertions: stack.chain(stack.snapDeclaration({ snapId, name, publisherId })),
        metadata: { snap: { name, 'snap-id': snapId } },
        media: await Promise.all(pictures.map(readAsset)),
        releases: [],
        components: [],
        revisions: [{ revision, sizeBytes, digest, file: undefined }],
      },
    ],
  });
  await imports.import(path, { channels: [], pushChannelMap: false }, NO_PROGRESS);
  await rm(path);
}
