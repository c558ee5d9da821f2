import { open, readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { readReusedChunks } from '../blobs/copy-hashed.js';
import { readInputKind } from '../bundles/input-kind.js';
import { archiveFiles, type ArchiveFile } from '../bundles/tar-entries.js';
import { StoreError } from '../common/errors.js';

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

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

async function* snapFile(path: string, onBytes: (count: number) => void): AsyncGenerator<Buffer> {
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

async function pairInput(snapPath: string): Promise<ImportInput> {
  const assertPath = snapPath.replace(SNAP_SUFFIX, '.assert');
  if (assertPath === snapPath)
    throw new StoreError(
      'invalid-bundle',
      'it is a snap, but its name does not end in .snap, so its .assert file cannot be found',
    );
  const assertions = await readAssertFile(assertPath);
  const { size } = await stat(snapPath);
  return {
    path: snapPath,
    kind: 'pair',
    sizeBytes: size,
    files: async function* (onBytes) {
      yield { path: basename(assertPath), sizeBytes: assertions.length, content: once(assertions) };
      yield { path: basename(snapPath), sizeBytes: size, content: snapFile(snapPath, onBytes) };
    },
  };
}

/** A stream of assertions that may come without snaps, as one file. */
async function assertionsInput(path: string): Promise<ImportInput> {
  const bytes = await readAssertFile(path);
  return {
    path,
    kind: 'pair',
    sizeBytes: bytes.length,
    files: async function* (onBytes) {
      onBytes(bytes.length);
      yield { path: `${basename(path)}.assert`, sizeBytes: bytes.length, content: once(bytes) };
    },
  };
}

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
