import { stat } from 'node:fs/promises';
import { StoreError } from '../../common/errors.js';
import { MANIFEST_PATH } from '../format/manifest.js';
import { isSquashfsStart, readInputKind } from '../input-kind.js';
import { archiveFiles } from '../tar-entries.js';
import { readSource } from './assertion-source.js';
import { ImportBudget } from './import-budget.js';
import {
  ALONE,
  assertionsAlone,
  pairComponents,
  pairedInput,
  pairSnap,
  type ImportInput,
} from './pair-input.js';
import { drain, peek } from './peeked-file.js';

/** Why a file of assertions is not pushed by itself. */
export const ASSERTIONS_ALONE =
  'it holds assertions alone: push the .snap file beside it, or add them with `snap-store-proxy ack`';

/**
 * Finds out what a file is and how to read it.
 *
 * @param takesAssertions - a file of assertions alone will do
 * @throws StoreError `invalid-bundle` where it is nothing that can be pushed, or lacks its other half
 */
export async function openInput(path: string, takesAssertions = false): Promise<ImportInput> {
  const kind = await readInputKind(path);
  if (kind === 'snap') return await pairedInput(await pairSnap({ path, shown: path }, ALONE));
  if (kind !== 'assertions') return await archiveInput(path, kind === 'tar.gz');
  if (takesAssertions) return await pairedInput(assertionsAlone(path));
  const source = await readSource(path, new ImportBudget());
  if (source.trouble) throw source.trouble;
  const components = await pairComponents(source, ALONE);
  if (components) return await pairedInput(components);
  throw new StoreError('invalid-bundle', ASSERTIONS_ALONE);
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
