import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Assertion } from '../assertions/format/assertion.js';
import { writeBundle } from '../bundles/bundle-writer.js';
import type { BundleMedium } from '../bundles/format/bundle-documents.js';
import type { ImportService } from '../imports/import.service.js';
import { readPicture } from '../snap-files/picture.js';
import { assetsDirectory, SILENT } from './push-signed.js';
import type { SandboxAuthority, SandboxSnap } from './sandbox-authority.js';

/** A picture among the assets, and what a snap is listed with it as. */
export interface UnlistedPicture {
  readonly type: string;
  /** Name of the file. */
  readonly file: string;
}

/** The same each time: a listing that is there already is the same listing. */
const LISTED_AT = new Date('2026-01-01T00:00:00Z');

async function readAsset({ type, file: name }: UnlistedPicture): Promise<BundleMedium> {
  const file = join(assetsDirectory('sandbox'), name);
  const picture = readPicture(await readFile(file));
  if (!picture) throw new Error(`${name} is no picture`);
  const { bytes, ...known } = picture;
  return { ...known, type, file, sizeBytes: bytes.length };
}

/**
 * Lists a snap that is here with pictures, as `push-snap` does: in a bundle without the snap's files.
 *
 * @param directory - for the bundle, which is removed again
 */
export async function pushListing(
  imports: ImportService,
  authority: SandboxAuthority,
  publisher: Assertion,
  snap: SandboxSnap,
  pictures: readonly UnlistedPicture[],
  directory: string,
): Promise<void> {
  const { name, snapId, revision, sizeBytes, digest } = snap;
  const [publisherId = ''] = publisher.primaryKey;
  const path = await writeBundle(directory, {
    name,
    createdAt: LISTED_AT,
    source: 'sandbox',
    signingKey: undefined,
    snaps: [
      {
        name,
        snapId,
        assertions: [authority.storeKey, publisher, authority.snapDeclaration(snap, publisherId)],
        metadata: { snap: { name, 'snap-id': snapId } },
        media: await Promise.all(pictures.map(readAsset)),
        releases: [],
        components: [],
        revisions: [{ revision, sizeBytes, digest, file: undefined }],
      },
    ],
  });
  await imports.import(path, { channels: [], pushChannelMap: false }, SILENT);
  await rm(path);
}
