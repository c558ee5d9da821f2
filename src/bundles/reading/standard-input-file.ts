import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { StoreError } from '../../common/errors.js';
import { fileTrouble } from '../../common/files/file-trouble.js';
import type { TypedFile } from '../../common/files/given-files.js';
import { PRIVATE_FILE } from '../../common/files/private-files.js';

/** The argument for the standard input. */
export const STANDARD_INPUT = '-';

type Input = Readable & { readonly isTTY?: boolean };

/** @throws StoreError `invalid-request` if the standard input is a terminal */
function refuseTerminal(input: Input, what: string): void {
  if (input.isTTY === true)
    throw new StoreError(
      'invalid-request',
      `cannot ${what} -: the standard input is a terminal; give a file, or pipe one in`,
    );
}

/**
 * Lets a command that reads files by name read the standard input. The input is written to a temporary file while the
 * command runs, since an archive may have to be read twice.
 *
 * @param typed - the files, with `-` for the standard input
 * @param use - called with the same files; the path of `-` is the temporary file, its name in messages is still `-`
 * @throws StoreError `invalid-request` if the standard input is a terminal, `storage-failed` if it cannot be written
 */
export async function withStandardInput<T>(
  typed: readonly string[],
  what: 'push' | 'add',
  use: (files: readonly TypedFile[]) => Promise<T>,
  input: Input = process.stdin,
): Promise<T> {
  if (!typed.includes(STANDARD_INPUT)) return await use(typed.map((shown) => ({ shown, path: shown })));
  refuseTerminal(input, what);
  const folder = await mkdtemp(join(tmpdir(), 'snap-store-stdin-'));
  try {
    const path = join(folder, 'standard-input');
    await pipeline(input, createWriteStream(path, { flags: 'wx', mode: PRIVATE_FILE })).catch(
      (error: unknown) => {
        throw new StoreError(
          'storage-failed',
          `cannot ${what} -: it cannot be written to ${folder}: ${fileTrouble(error)}`,
          { cause: error },
        );
      },
    );
    return await use(typed.map((shown) => ({ shown, path: shown === STANDARD_INPUT ? path : shown })));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
