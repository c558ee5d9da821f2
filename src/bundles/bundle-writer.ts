import { randomUUID, type KeyObject } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { link, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack, type Pack } from 'tar-stream';
import { COPY_CHUNK_BYTES, readChunks } from '../blobs/copy-hashed.js';
import { diskFailure } from '../common/files/disk-failure.js';
import { makeFolders, makeWritableFolder } from '../common/files/make-folders.js';
import { PRIVATE_FILE, PRIVATE_FOLDER } from '../common/files/private-files.js';
import { accountHint } from '../common/files/store-account.js';
import { syncFolder } from '../common/files/sync-folder.js';
import { bundleManifest, snapEntries, type BundleEntry, type BundleSnap } from './format/bundle-documents.js';
import { signManifest } from './format/manifest-signature.js';
import { MANIFEST_PATH, MANIFEST_SIGNATURE_PATH } from './format/manifest.js';

const SECOND_MS = 1_000;

/** The contents of a bundle. */
export interface BundleContents {
  /** The file is named `<name>-<YYYYMMDDTHHMMSS>.tar.gz`. */
  readonly name: string;
  readonly createdAt: Date;
  /** Where the snaps were fetched from. */
  readonly source: string;
  readonly snaps: readonly BundleSnap[];
  /** The key that signs the manifest; undefined for an unsigned bundle. */
  readonly signingKey: KeyObject | undefined;
}

/** `20260131T235959`, in UTC. */
export function bundleStamp(time: Date): string {
  return time.toISOString().replaceAll(/[-:]|\.\d+Z$/g, '');
}

/**
 * Writes a bundle under a temporary name, flushes it, and then renames it. The entries are in the order in which a
 * reader needs them, so that one pass is enough.
 *
 * @returns its path
 * @throws StoreError `storage-failed` in one line; no file is left behind
 * @see docs/bundle-format.md
 */
export async function writeBundle(directory: string, contents: BundleContents): Promise<string> {
  const temporary = join(directory, `.${contents.name}-${randomUUID()}.part`);
  try {
    makeFolders(directory, PRIVATE_FOLDER);
    await writeArchive(temporary, contents);
    const path = await giveName(temporary, directory, contents);
    await syncFolder(directory);
    return path;
  } catch (error) {
    throw explain(directory, error);
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

/**
 * Makes the folder for bundles and checks that it is writable, before anything is fetched.
 *
 * @returns the folders that were made; {@link removeFolders} removes them again
 * @throws StoreError `storage-failed` in one line
 */
export function prepareBundleFolder(directory: string): string[] {
  try {
    return makeWritableFolder(directory, PRIVATE_FOLDER);
  } catch (error) {
    throw explain(directory, error);
  }
}

async function writeArchive(path: string, contents: BundleContents): Promise<void> {
  const files = contents.snaps.flatMap(snapEntries);
  const manifest = bundleManifest(contents, contents.snaps, files);
  const archive = pack();
  // Snaps are already compressed, so gzip only stores them; every reader accepts stored blocks.
  const written = pipeline(
    archive as unknown as NodeJS.ReadableStream,
    createGzip({ level: 0, chunkSize: COPY_CHUNK_BYTES }),
    createWriteStream(path, {
      flags: 'wx',
      mode: PRIVATE_FILE,
      flush: true,
      highWaterMark: COPY_CHUNK_BYTES,
    }),
  );
  const filled = fill(archive, contents, manifest, files);
  filled.catch((error: unknown) => archive.destroy(error as Error));
  await Promise.all([written, filled]);
}

async function fill(
  archive: Pack,
  { createdAt: mtime, signingKey }: BundleContents,
  manifest: Buffer,
  files: readonly BundleEntry[],
): Promise<void> {
  archive.entry({ name: MANIFEST_PATH, mtime }, manifest);
  if (signingKey) archive.entry({ name: MANIFEST_SIGNATURE_PATH, mtime }, signManifest(manifest, signingKey));
  for (const { path, sizeBytes, content } of files) {
    if (typeof content === 'string') await addFile(archive, { name: path, size: sizeBytes, mtime }, content);
    else archive.entry({ name: path, mtime }, content);
  }
  archive.finalize();
}

async function addFile(
  archive: Pack,
  header: { name: string; size: number; mtime: Date },
  path: string,
): Promise<void> {
  const file = await open(path, 'r');
  try {
    const source = Readable.from(readChunks(file), { objectMode: false, highWaterMark: COPY_CHUNK_BYTES });
    await pipeline(source, archive.entry(header) as unknown as NodeJS.WritableStream);
  } finally {
    await file.close();
  }
}

/** Gives the bundle its name. If a bundle of the same second has it, the next free second is used. */
async function giveName(
  temporary: string,
  directory: string,
  { name, createdAt }: BundleContents,
): Promise<string> {
  for (let time = createdAt.getTime(); ; time += SECOND_MS) {
    const path = join(directory, `${name}-${bundleStamp(new Date(time))}.tar.gz`);
    try {
      await link(temporary, path);
      return path;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

function explain(directory: string, error: unknown): unknown {
  return diskFailure(`cannot write a bundle to ${directory}`, error, accountHint(error));
}
