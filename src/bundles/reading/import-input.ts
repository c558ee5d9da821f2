import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { StoreError } from '../../common/errors.js';
import { MANIFEST_PATH } from '../format/manifest.js';
import { isSquashfsStart } from '../input-kind.js';
import { archiveFiles, type ArchiveFile } from '../tar-entries.js';
import { readAssertionFile } from './assertion-file.js';
import { fileContent, once } from './file-content.js';
import { drain, peek } from './peek.js';
import type { SnapDownload } from './snap-download.js';

/** A file for `push-snap` of any type, read as a series of files. */
export interface ImportInput {
  readonly path: string;
  readonly kind: 'pair' | 'archive';
  /** Number of bytes to read, for a progress bar. */
  readonly sizeBytes: number;
  /** Reads from the start; can be called again for a second reading. */
  readonly files: (onBytes: (count: number) => void) => AsyncGenerator<ArchiveFile>;
}

/** A file's name, with the suffix of its type. */
function nameWith(path: string, suffix: '.assert' | '.snap'): string {
  const name = basename(path);
  const known = suffix === '.snap' ? /\.(?:snap|comp)$/i : /\.(?:assert|assertion|assertions)$/i;
  return known.test(name) ? name : name + suffix;
}

/** The files of `snap download` as a series of files, the assertions first. */
export async function downloadInput({
  path,
  assertPath,
  componentPaths,
}: SnapDownload): Promise<ImportInput> {
  const assertions = await readAssertionFile(assertPath);
  const paths = path === assertPath ? componentPaths : [path, ...componentPaths];
  const files = await Promise.all(
    paths.map(async (one) => ({ path: one, sizeBytes: (await stat(one)).size })),
  );
  return {
    path,
    kind: 'pair',
    sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, assertions.length),
    files: async function* (onBytes) {
      onBytes(assertions.length);
      yield {
        path: nameWith(assertPath, '.assert'),
        sizeBytes: assertions.length,
        content: once(assertions),
      };
      for (const file of files)
        yield {
          path: nameWith(file.path, '.snap'),
          sizeBytes: file.sizeBytes,
          content: fileContent(file.path, onBytes),
        };
    },
  };
}

/** A tar or tar.gz as a series of files. */
export async function archiveInput(path: string, compressed: boolean): Promise<ImportInput> {
  const { size } = await stat(path);
  return {
    path,
    kind: 'archive',
    sizeBytes: size,
    files: (onBytes) => archiveFiles(path, compressed, onBytes),
  };
}

const ARCHIVE_NAME = /\.(?:tar|tgz|tar\.gz|snap\.gz|assert\.gz)$/i;
/** Entries in archives of programs that archives of snaps do not have. */
const FOREIGN_ENTRY = / is a (?:symlink|link|character-device|block-device|fifo), not a plain file$/;

/**
 * Whether an archive in a folder contains anything to push. A stick can have other archives too, such as the package of
 * this program. An archive that cannot be read up to its first snap may contain one, and is refused later.
 */
export async function holdsSnap(path: string, compressed: boolean): Promise<boolean> {
  try {
    for await (const file of archiveFiles(path, compressed, () => undefined)) {
      if (file.path === MANIFEST_PATH || /\.(?:snap|comp)$/i.test(file.path)) return true;
      const { head, whole } = await peek(file);
      if (isSquashfsStart(head)) return true;
      await drain(whole);
    }
    return false;
  } catch (error) {
    if (error instanceof StoreError) return ARCHIVE_NAME.test(path) && !FOREIGN_ENTRY.test(error.message);
    throw error;
  }
}
