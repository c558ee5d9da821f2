import { stat } from 'node:fs/promises';
import { readInputKind } from '../bundles/input-kind.js';
import { archiveFiles } from '../bundles/tar-entries.js';
import { StoreError } from '../common/errors.js';
import { assertionsInput, componentsInput, pairInput, type ImportInput } from './pair-input.js';

/**
 * Finds out what a file is and how to read it.
 *
 * @param takesAssertions - a file of assertions alone will do
 * @throws StoreError `invalid-bundle` where it is nothing that can be pushed, or lacks its other half
 */
export async function openInput(path: string, takesAssertions = false): Promise<ImportInput> {
  const kind = await readInputKind(path);
  if (kind === 'snap') return await pairInput(path);
  if (kind === 'assertions' && takesAssertions) return await assertionsInput(path);
  if (kind === 'assertions') {
    const components = await componentsInput(path);
    if (components) return components;
    throw new StoreError(
      'invalid-bundle',
      'it holds assertions alone: push the .snap file beside it, or add them with `snap-store-proxy ack`',
    );
  }
  const { size } = await stat(path);
  return {
    path,
    kind: 'archive',
    sizeBytes: size,
    files: (onBytes) => archiveFiles(path, kind === 'tar.gz', onBytes),
  };
}
