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

/** A file given to `push-snap`, read as a series of files whatever it is. */
export interface ImportInput {
  readonly path: string;
  readonly kind: 'pair' | 'archive';
  /** Length of what will be read, in bytes, for a progress bar. */
  readonly sizeBytes: number;
  /** Reads from the start; may be called again for a second reading. */
  readonly files: (onBytes: (count: number) => void) => AsyncGenerator<ArchiveFile>;
}

/** A file's name, with a suffix that says what it is by its content. */
function nameWith(path: string, suffix: '.assert' | '.snap'): string {
  const name = basename(path);
  const known = suffix === '.snap' ? /\.(?:snap|comp)$/i : /\.(?:assert|assertion|assertions)$/i;
  return known.test(name) ? name : name + suffix;
}

/** What `snap download` wrote as a series of files, its assertions first. */
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
/** What archives of programs hold, and those of snaps do not. */
const FOREIGN_ENTRY = / is a (?:symlink|link|character-device|block-device|fifo), not a plain file$/;

/**
 * Whether an archive that nobody named holds anything to push: on a stick there are others too, such as the package
 * that this program is installed from. One that cannot be read to its first snap may hold some, and is refused later.
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
