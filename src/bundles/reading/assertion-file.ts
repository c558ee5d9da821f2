import { readFile, stat } from 'node:fs/promises';
import type { Assertion } from '../../assertions/format/assertion.js';
import { headerText } from '../../assertions/format/header-text.js';
import { eachAssertionOf, MAX_ASSERTION_FILE_BYTES } from '../../assertions/travelled-stream.js';
import { StoreError } from '../../common/errors.js';
import { fileTrouble } from '../../common/files/file-trouble.js';
import { assertionCost, type ImportBudget } from './import-budget.js';

/** A file of assertions. */
export interface AssertionFile {
  readonly path: string;
  /** Decoded, in order; empty if the file cannot be decoded. Such a file is refused when it is pushed. */
  readonly assertions: readonly Assertion[];
  /** Why it cannot be decoded. */
  readonly trouble: StoreError | undefined;
}

/**
 * Reads a file of assertions into memory.
 *
 * @throws StoreError `too-large`; `invalid-bundle` if it cannot be read
 */
export async function readAssertionFile(path: string): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    if (size > MAX_ASSERTION_FILE_BYTES)
      throw new StoreError('too-large', `${path} is longer than ${MAX_ASSERTION_FILE_BYTES} bytes`);
    return await readFile(path);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new StoreError('invalid-bundle', `${path}: ${fileTrouble(error)}`, { cause: error });
  }
}

/** Decodes a file, or says why it cannot be decoded. @param budget - the budget of all files of one command together */
export async function decodeAssertionFile(path: string, budget: ImportBudget): Promise<AssertionFile> {
  try {
    const assertions: Assertion[] = [];
    for (const assertion of eachAssertionOf(await readAssertionFile(path))) {
      budget.hold(assertionCost(assertion));
      assertions.push(assertion);
    }
    return { path, assertions, trouble: undefined };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return { path, assertions: [], trouble: error };
  }
}

/** The digests of the snaps that it signs, by their sizes in bytes. */
export function snapDigests({ assertions }: AssertionFile): Map<number, string[]> {
  const digests = new Map<number, string[]>();
  for (const assertion of assertions) {
    if (assertion.type.name !== 'snap-revision') continue;
    const size = Number(headerText(assertion, 'snap-size'));
    digests.set(size, [...(digests.get(size) ?? []), headerText(assertion, 'snap-sha3-384')]);
  }
  return digests;
}

/** Assertion files by the sizes of the snaps that they sign. */
export function filesBySnapSize(
  files: readonly AssertionFile[],
): ReadonlyMap<number, readonly AssertionFile[]> {
  const bySize = new Map<number, AssertionFile[]>();
  for (const file of files)
    for (const size of snapDigests(file).keys()) bySize.set(size, [...(bySize.get(size) ?? []), file]);
  return bySize;
}

/** A component file that an assertion file signs. */
export interface WantedComponent {
  /** Its name from `snap download`: `SNAP+COMPONENT_REV.comp`. */
  readonly fileName: string;
  /** Its name without the snap: `+COMPONENT.comp`. */
  readonly suffix: string;
  readonly sizeBytes: number;
  /** SHA3-384 in the format of assertions. */
  readonly digest: string;
}

/** The components that a file signs, each once. @see snapcore/snapd: store/tooling/tooling.go, downloadComponents */
export function wantedComponents({ assertions }: AssertionFile): WantedComponent[] {
  const names = new Map(
    assertions
      .filter((one) => one.type.name === 'snap-declaration')
      .map((one) => [headerText(one, 'snap-id'), headerText(one, 'snap-name')]),
  );
  const wanted = new Map<string, WantedComponent>();
  for (const assertion of assertions) {
    if (assertion.type.name !== 'snap-resource-revision') continue;
    const name = headerText(assertion, 'resource-name');
    const snapName = names.get(headerText(assertion, 'snap-id')) ?? '';
    const fileName = `${snapName}+${name}_${headerText(assertion, 'resource-revision')}.comp`;
    const sizeBytes = Number(headerText(assertion, 'resource-size'));
    const digest = headerText(assertion, 'resource-sha3-384');
    wanted.set(fileName, { fileName, suffix: `+${name}.comp`, sizeBytes, digest });
  }
  return [...wanted.values()];
}
