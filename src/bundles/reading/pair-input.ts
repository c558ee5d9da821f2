import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { readReusedChunks } from '../../blobs/copy-hashed.js';
import { digestToBase64url } from '../../common/crypto/digest.js';
import { StoreError } from '../../common/errors.js';
import type { TypedFile } from '../../common/files/given-files.js';
import type { ArchiveFile } from '../tar-entries.js';
import {
  readAssertionFile,
  readSource,
  snapDigests,
  wantedComponents,
  type AssertionSource,
  type WantedComponent,
} from './assertion-source.js';
import { ImportBudget } from './import-budget.js';
import { assertionNames, findNamed, neighboursOfKind } from './neighbours.js';
import { once } from './read-small.js';

/** A file given to `push-snap`, read as a series of files whatever it is. */
export interface ImportInput {
  readonly path: string;
  readonly kind: 'pair' | 'archive';
  /** Length of what will be read, in bytes, for a progress bar. */
  readonly sizeBytes: number;
  /** Reads from the start; may be called again for a second reading. */
  readonly files: (onBytes: (count: number) => void) => AsyncGenerator<ArchiveFile>;
}

/** What else was given along with a file: its assertions and components may be among that. */
export interface Companions {
  /** By the sizes of the snaps that they are about. */
  readonly sources: ReadonlyMap<number, readonly AssertionSource[]>;
  /** Squashfs files. */
  readonly images: readonly { readonly path: string; readonly sizeBytes: number }[];
}

export const ALONE: Companions = { sources: new Map(), images: [] };

/** A snap or a file of components with all that belongs to it. */
export interface Pairing {
  readonly path: string;
  readonly assertPath: string;
  readonly componentPaths: readonly string[];
}

async function* readFileOf(path: string, onBytes: (count: number) => void): AsyncGenerator<Buffer> {
  const file = await open(path, 'r');
  try {
    for await (const chunk of readReusedChunks(file)) {
      onBytes(chunk.length);
      yield chunk;
    }
  } finally {
    await file.close();
  }
}

/** A file's name, with a suffix that says what it is by its content. */
function nameWith(path: string, suffix: '.assert' | '.snap'): string {
  const name = basename(path);
  const known = suffix === '.snap' ? /\.(?:snap|comp)$/i : /\.(?:assert|assertion|assertions)$/i;
  return known.test(name) ? name : name + suffix;
}

/** The files of a pairing as a series, its assertions first. */
export async function pairedInput({ path, assertPath, componentPaths }: Pairing): Promise<ImportInput> {
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
          content: readFileOf(file.path, onBytes),
        };
    },
  };
}

/**
 * Finds the assertions and components of a snap: by what the assertions say first, then by the names that
 * `snap download` gives, in any case.
 *
 * @throws StoreError `invalid-bundle` where they are nowhere
 */
export async function pairSnap({ path, shown }: TypedFile, companions: Companions): Promise<Pairing> {
  if (/\.comp$/i.test(path)) throw new StoreError('invalid-bundle', COMPONENT_ALONE);
  const { size } = await stat(path);
  const source = await findSource(path, size, companions.sources.get(size) ?? []);
  if (!source) throw new StoreError('invalid-bundle', withoutAssertions(path, shown));
  return { path, assertPath: source.path, componentPaths: await pathsOfComponents(source, companions) };
}

/**
 * The name decides where it says something, else the content: files of different snaps often have the same size.
 *
 * @param about - of what was given, those that are about a file of this size
 */
async function findSource(
  path: string,
  sizeBytes: number,
  about: readonly AssertionSource[],
): Promise<AssertionSource | undefined> {
  const names = assertionNames(basename(path));
  const isNamed = (other: string) =>
    dirname(other) === dirname(path) && names.includes(basename(other).toLowerCase());
  const given = about.find((source) => isNamed(source.path));
  if (given) return given;
  const named = await findNamed(path, names);
  const byName = named === undefined ? undefined : await readSource(named, new ImportBudget());
  if (byName && snapDigests(byName).has(sizeBytes)) return byName;
  const neighbours = await neighboursOfKind(path, 'assertions');
  const digest = about.length + neighbours.length > 0 ? await digestOf(path) : '';
  const isAbout = (source: AssertionSource) => snapDigests(source).get(sizeBytes)?.includes(digest);
  const found = about.find(isAbout);
  if (found) return found;
  for (const neighbour of neighbours) {
    const source = await readSource(neighbour.path, new ImportBudget());
    if (isAbout(source)) return source;
  }
  // Refused where it is read, with what is wrong with it.
  return byName ?? about[0];
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha3-384');
  for await (const chunk of readFileOf(path, () => undefined)) hash.update(chunk);
  return digestToBase64url(hash.digest());
}

const COMPONENT_ALONE =
  'it is a component: push the .snap file that it belongs to, or the .assert file beside it';

/** A snap that somebody built has no assertions either. */
function withoutAssertions(path: string, shown: string): string {
  const expected =
    shown === path
      ? `${join(dirname(path), `${basename(path).replace(/\.snap$/i, '')}.assert`)}, which \`snap download\` writes beside it`
      : 'give the .assert file that `snap download` wrote beside it as well';
  return (
    `its assertions are missing: ${expected}. A snap that you built yourself has none: publish it and fetch it ` +
    'from there, or install it on the device with `snap install --dangerous` (see "A snap that you built" in ' +
    'docs/push-snap.md)'
  );
}

/** The files of the components that assertions are about. */
async function pathsOfComponents(source: AssertionSource, companions: Companions): Promise<string[]> {
  const paths: string[] = [];
  for (const wanted of wantedComponents(source)) {
    const path = await findComponent(source.path, wanted, companions);
    if (path === undefined)
      throw new StoreError(
        'invalid-bundle',
        `its component ${wanted.fileName} is missing, which \`snap download\` writes beside it`,
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
 * The components that `snap download --only-components` writes, with their assertions.
 *
 * @returns undefined where the file has no assertion about a component
 */
export async function pairComponents(
  source: AssertionSource,
  companions: Companions,
): Promise<Pairing | undefined> {
  const { path } = source;
  const paths = await pathsOfComponents(source, companions);
  return paths.length === 0 ? undefined : { path, assertPath: path, componentPaths: paths };
}

/** A stream of assertions that may come without snaps, as one file. */
export function assertionsAlone(path: string): Pairing {
  return { path, assertPath: path, componentPaths: [] };
}
