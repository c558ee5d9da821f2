import { link, mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { StoreError } from '../common/errors.js';
import { PRIVATE_FILE, PRIVATE_FOLDER } from '../common/files/private-files.js';
import type { SentContent, SentEntry, SentFile } from './command-request.js';

/** Longest path below a sent folder, in characters. */
const MAX_PATH_LENGTH = 1_024;
/** Longest name of a file that a file system takes, in bytes. */
const MAX_NAME_BYTES = 255;

function isPlainName(name: string): boolean {
  return (
    name !== '' &&
    name !== '.' &&
    name !== '..' &&
    !/[/\0]/.test(name) &&
    Buffer.byteLength(name) <= MAX_NAME_BYTES
  );
}

/** The name that a file keeps, for what looks at the end of it. */
function ownName(name: string): string {
  const own = basename(name);
  return isPlainName(own) ? own : 'files';
}

/** @throws StoreError `invalid-request` for a path that would not stay in its folder */
function checkEntry(folder: string, { path }: SentEntry): void {
  if (path.length <= MAX_PATH_LENGTH && path.split('/').every(isPlainName)) return;
  throw new StoreError(
    'invalid-request',
    `cannot read ${folder}: the path ${JSON.stringify(path.slice(0, 80))} is not one below it`,
  );
}

/**
 * Writes a file or folder that a caller has sent.
 *
 * @param at - a private folder, for what was in one folder of the caller
 * @param uploads - the files of the uploads, by their ids; on the same file system
 * @returns its path; nothing is there if there was no such file
 */
export async function writeSentFile(
  file: SentFile,
  at: string,
  uploads: Readonly<Record<string, string>>,
): Promise<string> {
  const path = join(at, ownName(file.name));
  await mkdir(file.entries ? path : at, { recursive: true, mode: PRIVATE_FOLDER });
  await put(path, file, uploads);
  for (const entry of file.entries ?? []) await putEntry(file.name, path, entry, uploads);
  for (const entry of file.beside ?? []) await putEntry(file.name, at, entry, uploads);
  return path;
}

async function putEntry(
  name: string,
  folder: string,
  entry: SentEntry,
  uploads: Readonly<Record<string, string>>,
): Promise<void> {
  checkEntry(name, entry);
  const path = join(folder, entry.path);
  await mkdir(dirname(path), { recursive: true, mode: PRIVATE_FOLDER });
  await put(path, entry, uploads);
}

/** What belongs to two of the named files comes twice. */
async function put(
  path: string,
  { content, upload }: SentContent,
  uploads: Readonly<Record<string, string>>,
): Promise<void> {
  const uploaded = upload === undefined ? undefined : uploads[upload];
  try {
    if (uploaded !== undefined) await link(uploaded, path);
    else if (content !== undefined)
      await writeFile(path, Buffer.from(content, 'base64'), { flag: 'wx', mode: PRIVATE_FILE });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
