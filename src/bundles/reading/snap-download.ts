import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { digestToBase64url } from '../../common/crypto/digest.js';
import { StoreError } from '../../common/errors.js';
import type { TypedFile } from '../../common/files/given-files.js';
import {
  decodeAssertionFile,
  snapDigests,
  wantedComponents,
  type AssertionFile,
  type WantedComponent,
} from './assertion-file.js';
import { fileContent } from './file-content.js';
import { ImportBudget } from './import-budget.js';
import { assertionNames, findNamed, neighboursOfKind } from './neighbours.js';

/** The other files of a command, which may contain the assertions and components of a file. */
export interface Companions {
  /** By the sizes of the snaps that they sign. */
  readonly assertionFiles: ReadonlyMap<number, readonly AssertionFile[]>;
  /** Squashfs files. */
  readonly images: readonly { readonly path: string; readonly sizeBytes: number }[];
}

export const ALONE: Companions = { assertionFiles: new Map(), images: [] };

/** The files that `snap download` writes: a snap or an assertion file, with its components. */
export interface SnapDownload {
  readonly path: string;
  readonly assertPath: string;
  readonly componentPaths: readonly string[];
}

/**
 * Finds the assertions and components of a snap, by the content of the assertions and by the names that `snap download`
 * gives, in upper or lower case.
 *
 * @throws StoreError `invalid-bundle` if they are missing
 */
export async function findDownload(
  { path, shown }: TypedFile,
  companions: Companions,
): Promise<SnapDownload> {
  if (/\.comp$/i.test(path)) throw new StoreError('invalid-bundle', COMPONENT_ALONE);
  const { size } = await stat(path);
  const assertionFile = await findAssertionFile(path, size, companions.assertionFiles.get(size) ?? []);
  if (!assertionFile) throw new StoreError('invalid-bundle', withoutAssertions(path, shown));
  return {
    path,
    assertPath: assertionFile.path,
    componentPaths: await pathsOfComponents(assertionFile, companions),
  };
}

/**
 * Finds the assertion file by its name, or else by its content: files of different snaps often have the same size.
 *
 * @param about - the given assertion files for a snap of this size
 */
async function findAssertionFile(
  path: string,
  sizeBytes: number,
  about: readonly AssertionFile[],
): Promise<AssertionFile | undefined> {
  const names = assertionNames(basename(path));
  const isNamed = (other: string) =>
    dirname(other) === dirname(path) && names.includes(basename(other).toLowerCase());
  const given = about.find((assertionFile) => isNamed(assertionFile.path));
  if (given) return given;
  const named = await findNamed(path, names);
  const byName = named === undefined ? undefined : await decodeAssertionFile(named, new ImportBudget());
  if (byName && snapDigests(byName).has(sizeBytes)) return byName;
  const neighbours = await neighboursOfKind(path, 'assertions');
  const digest = about.length + neighbours.length > 0 ? await digestOf(path) : '';
  const isAbout = (assertionFile: AssertionFile) =>
    snapDigests(assertionFile).get(sizeBytes)?.includes(digest);
  const found = about.find(isAbout);
  if (found) return found;
  for (const neighbour of neighbours) {
    const assertionFile = await decodeAssertionFile(neighbour.path, new ImportBudget());
    if (isAbout(assertionFile)) return assertionFile;
  }
  // It is refused with its own error when it is read.
  return byName ?? about[0];
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha3-384');
  for await (const chunk of fileContent(path, () => undefined)) hash.update(chunk);
  return digestToBase64url(hash.digest());
}

const COMPONENT_ALONE =
  'it is a component: push the .snap file that it belongs to, or the .assert file next to it';

/** The error for a snap without assertions. A snap that the operator built has none either. */
function withoutAssertions(path: string, shown: string): string {
  const expected =
    shown === path
      ? `${join(dirname(path), `${basename(path).replace(/\.snap$/i, '')}.assert`)}, which \`snap download\` writes next to it`
      : 'also give the .assert file that `snap download` wrote next to it';
  return (
    `its assertions are missing: ${expected}. A snap that you built yourself has none: publish it and fetch it ` +
    'from there, or install it on the device with `snap install --dangerous` (see "A snap that you built" in ' +
    'docs/push-snap.md)'
  );
}

/** The component files that an assertion file signs. */
async function pathsOfComponents(assertionFile: AssertionFile, companions: Companions): Promise<string[]> {
  const paths: string[] = [];
  for (const wanted of wantedComponents(assertionFile)) {
    const path = await findComponent(assertionFile.path, wanted, companions);
    if (path === undefined)
      throw new StoreError(
        'invalid-bundle',
        `its component ${wanted.fileName} is missing, which \`snap download\` writes next to it`,
      );
    paths.push(path);
  }
  return paths;
}

async function findComponent(
  assertPath: string,
  { fileName, suffix, sizeBytes, digest }: WantedComponent,
  { images }: Companions,
): Promise<string | undefined> {
  const stem = basename(assertPath).replace(/\.assert(?:ions?)?$/i, '');
  const names = [fileName, `${stem}${suffix}`].map((name) => name.toLowerCase());
  const isNamed = (path: string) => names.includes(basename(path).toLowerCase());
  const beside = images.find(({ path }) => isNamed(path))?.path ?? (await findNamed(assertPath, names));
  if (beside !== undefined) return beside;
  for (const image of [...images, ...(await neighboursOfKind(assertPath, 'snap'))])
    if (image.sizeBytes === sizeBytes && (await digestOf(image.path)) === digest) return image.path;
  return undefined;
}

/**
 * Finds the components that `snap download --only-components` writes, with their assertions.
 *
 * @returns undefined if the file has no assertion for a component
 */
export async function findComponents(
  assertionFile: AssertionFile,
  companions: Companions,
): Promise<SnapDownload | undefined> {
  const { path } = assertionFile;
  const paths = await pathsOfComponents(assertionFile, companions);
  return paths.length === 0 ? undefined : { path, assertPath: path, componentPaths: paths };
}

/** An assertion file that needs no snap. */
export function assertionsAlone(path: string): SnapDownload {
  return { path, assertPath: path, componentPaths: [] };
}
