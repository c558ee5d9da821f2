import { StoreError } from '../../common/errors.js';
import { readInputKind } from '../input-kind.js';
import { decodeAssertionFile } from './assertion-file.js';
import { ImportBudget } from './import-budget.js';
import { archiveInput, downloadInput, type ImportInput } from './import-input.js';
import { ALONE, assertionsAlone, findComponents, findDownload } from './snap-download.js';

/** Why a file of assertions is not pushed by itself. */
export const ASSERTIONS_ALONE =
  'it contains only assertions: push the .snap file next to it, or add them with `snap-store-proxy ack`';

/**
 * Finds out what a file is and how to read it.
 *
 * @param takesAssertions - a file of assertions alone will do
 * @throws StoreError `invalid-bundle` where it is nothing that can be pushed, or lacks its other half
 */
export async function openInput(path: string, takesAssertions = false): Promise<ImportInput> {
  const kind = await readInputKind(path);
  if (kind === 'snap') return await downloadInput(await findDownload({ path, shown: path }, ALONE));
  if (kind !== 'assertions') return await archiveInput(path, kind === 'tar.gz');
  if (takesAssertions) return await downloadInput(assertionsAlone(path));
  const assertionFile = await decodeAssertionFile(path, new ImportBudget());
  if (assertionFile.trouble) throw assertionFile.trouble;
  const components = await findComponents(assertionFile, ALONE);
  if (components) return await downloadInput(components);
  throw new StoreError('invalid-bundle', ASSERTIONS_ALONE);
}
