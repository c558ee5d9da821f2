import { open, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Assertion } from '../assertions/format/assertion.js';
import { headerText } from '../assertions/format/header-text.js';
import { referenceOf } from '../assertions/trust/reference.js';
import { readReusedChunks } from '../blobs/copy-hashed.js';
import type { ArchiveFile } from '../bundles/tar-entries.js';
import { StoreError } from '../common/errors.js';
import { eachAssertionOf } from './assertion-file.js';
import { once } from './read-small.js';

/** Largest `.assert` file beside a snap; a chain has some ten thousand bytes. */
export const MAX_ASSERTION_FILE_BYTES = 64 << 20;

/** A file given to `push-snap`, read as a series of files whatever it is. */
export interface ImportInput {
  readonly path: string;
  readonly kind: 'pair' | 'archive';
  /** Length of what will be read, in bytes, for a progress bar. */
  readonly sizeBytes: number;
  /** Reads from the start; may be called again for a second reading. */
  readonly files: (onBytes: (count: number) => void) => AsyncGenerator<ArchiveFile>;
}

const SNAP_SUFFIX = /\.snap$/;

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

async function readAssertFile(path: string): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    if (size > MAX_ASSERTION_FILE_BYTES)
      throw new StoreError('too-large', `${path} is longer than ${MAX_ASSERTION_FILE_BYTES} bytes`);
    return await readFile(path);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const why = missing
      ? `its assertions are missing: ${path}, which \`snap download\` writes beside it`
      : (error as Error).message;
    throw new StoreError('invalid-bundle', why, { cause: error });
  }
}

/** Assertions are told by their name from here on. */
function assertName(path: string): string {
  const name = basename(path);
  return name.endsWith('.assert') ? name : `${name}.assert`;
}

async function sizesOf(paths: readonly string[]): Promise<{ path: string; sizeBytes: number }[]> {
  return await Promise.all(paths.map(async (path) => ({ path, sizeBytes: (await stat(path)).size })));
}

async function inputOf(
  path: string,
  assertPath: string,
  assertions: Buffer,
  paths: readonly string[],
): Promise<ImportInput> {
  const files = await sizesOf(paths);
  return {
    path,
    kind: 'pair',
    sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    files: async function* (onBytes) {
      yield { path: assertName(assertPath), sizeBytes: assertions.length, content: once(assertions) };
      for (const file of files)
        yield {
          path: basename(file.path),
          sizeBytes: file.sizeBytes,
          content: readFileOf(file.path, onBytes),
        };
    },
  };
}

/** A snap, with the assertions and the components that `snap download` writes beside it. */
export async function pairInput(snapPath: string): Promise<ImportInput> {
  const assertPath = snapPath.replace(SNAP_SUFFIX, '.assert');
  if (assertPath === snapPath)
    throw new StoreError(
      'invalid-bundle',
      snapPath.endsWith('.comp')
        ? 'it is a component: push the .snap file that it belongs to, or the .assert file beside it'
        : 'it is a snap, but its name does not end in .snap, so its .assert file cannot be found',
    );
  const assertions = await readAssertFile(assertPath);
  const components = await componentFiles(assertPath, assertions);
  return await inputOf(snapPath, assertPath, assertions, [snapPath, ...components]);
}

/**
 * The components that `snap download --only-components` writes, with their assertions.
 *
 * @returns undefined where the file has no assertion about a component
 */
export async function componentsInput(assertPath: string): Promise<ImportInput | undefined> {
  const assertions = await readAssertFile(assertPath);
  const components = await componentFiles(assertPath, assertions);
  return components.length === 0 ? undefined : await inputOf(assertPath, assertPath, assertions, components);
}

/** A stream of assertions that may come without snaps, as one file. */
export async function assertionsInput(path: string): Promise<ImportInput> {
  const bytes = await readAssertFile(path);
  return {
    path,
    kind: 'pair',
    sizeBytes: bytes.length,
    files: async function* (onBytes) {
      onBytes(bytes.length);
      yield { path: assertName(path), sizeBytes: bytes.length, content: once(bytes) };
    },
  };
}

/** The files of the components that a snap's assertions are about. */
export async function componentFilesOf(snapPath: string): Promise<string[]> {
  const assertPath = snapPath.replace(SNAP_SUFFIX, '.assert');
  return await componentFiles(assertPath, await readAssertFile(assertPath));
}

/** @see snapcore/snapd: store/tooling/tooling.go, downloadComponents */
async function componentFiles(assertPath: string, bytes: Buffer): Promise<string[]> {
  const assertions = decodedOrNone(bytes);
  const paths: string[] = [];
  for (const assertion of assertions) {
    if (assertion.type.name !== 'snap-resource-revision') continue;
    const declaration = assertions.find(
      (one) =>
        one.type.name === 'snap-declaration' &&
        headerText(one, 'snap-id') === headerText(assertion, 'snap-id'),
    );
    const snapName = headerText(declaration, 'snap-name');
    const name = headerText(assertion, 'resource-name');
    const names = [
      `${snapName}+${name}_${headerText(assertion, 'resource-revision')}.comp`,
      `${basename(assertPath).replace(/\.assert$/, '')}+${name}.comp`,
    ];
    const candidates = names.map((one) => join(dirname(assertPath), one));
    const isThere = await Promise.all(candidates.map(isFile));
    const found = candidates.find((_, index) => isThere[index]);
    if (found === undefined)
      throw new StoreError(
        'invalid-bundle',
        `its component ${names[0]} is missing, which \`snap download\` writes beside it`,
      );
    paths.push(found);
  }
  return paths;
}

/** Those that files of components are named after. */
const NAMING_TYPES = new Set(['snap-declaration', 'snap-resource-revision']);

/** Those that matter, each once. Bytes that are no assertions are refused where they are read in order. */
function decodedOrNone(bytes: Buffer): readonly Assertion[] {
  try {
    const needed = new Map<string, Assertion>();
    for (const assertion of eachAssertionOf(bytes))
      if (NAMING_TYPES.has(assertion.type.name)) needed.set(referenceOf(assertion), assertion);
    return [...needed.values()];
  } catch (error) {
    if (error instanceof StoreError) return [];
    throw error;
  }
}

async function isFile(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
