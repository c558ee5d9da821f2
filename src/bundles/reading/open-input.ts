import { StoreError } from '../../common/errors.js';
import { readInputKind } from '../input-kind.js';
import { decodeAssertionFile } from './assertion-file.js';
import { ImportBudget } from './import-budget.js';
import { archiveInput, downloadInput, type ImportInput } from './import-input.js';
import { ALONE, assertionsAlone, findComponents, findDownload } from './snap-download.js';

/** The error for an assertion file that is pushed by itself. */
export const ASSERTIONS_ALONE =
  'it contains only assertions: push the .snap file next to it, or add them with `snap-store-proxy ack`';

/**
 * Opens a file of any type.
 *
 * @param takesAssertions - whether a file with only assertions is accepted
 * @throws StoreError `invalid-bundle` if its type is unknown, or if its assertions or its snap are missing
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
