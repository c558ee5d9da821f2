import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readChunks } from '../../blobs/copy-hashed.js';
import { archiveFiles } from '../../bundles/tar-entries.js';
import { StoreError } from '../../common/errors.js';
import { checkMemberName, MAX_PACKAGE_FILES } from './package-list.js';

/** A plain file of a package from outside. */
export interface PackageMember {
  readonly name: string;
  readonly content: AsyncIterable<Buffer>;
}

function refused(why: string): StoreError {
  return new StoreError('invalid-bundle', why);
}

async function* membersBelow(folder: string, above: string): AsyncGenerator<PackageMember> {
  for (const entry of await readdir(join(folder, above), { withFileTypes: true })) {
    const name = above === '' ? entry.name : `${above}/${entry.name}`;
    checkMemberName(name);
    if (entry.isDirectory()) yield* membersBelow(folder, name);
    else if (entry.isFile()) yield { name, content: createReadStream(join(folder, name)) };
    else throw refused(`${name} is not a plain file`);
  }
}

async function* membersOfArchive(path: string): AsyncGenerator<PackageMember> {
  let top: string | undefined;
  for await (const { path: full, content } of archiveFiles(path, true, () => undefined)) {
    const at = full.indexOf('/');
    const folder = full.slice(0, Math.max(at, 0));
    top ??= folder;
    if (at < 0 || folder !== top)
      throw refused(`${JSON.stringify(full.slice(0, 80))} is outside its only folder`);
    const name = full.slice(at + 1);
    checkMemberName(name);
    yield { name, content };
  }
}

/**
 * Reads the members of a package, unpacked or as the archive.
 *
 * @param path - a folder, or a tar.gz with one folder in it
 * @throws StoreError `invalid-bundle` for anything except plain files with safe names, or for too many files
 */
export async function* packageMembers(path: string): AsyncGenerator<PackageMember> {
  const isFolder = (await stat(path)).isDirectory();
  let count = 0;
  for await (const member of isFolder ? membersBelow(path, '') : membersOfArchive(path)) {
    count += 1;
    if (count > MAX_PACKAGE_FILES) throw refused(`it has more than ${MAX_PACKAGE_FILES} files`);
    yield member;
  }
}

/** SHA-256 of a file, in hex; undefined for a folder. */
export async function archiveDigest(path: string): Promise<string | undefined> {
  if ((await stat(path)).isDirectory()) return undefined;
  const file = await open(path, 'r');
  try {
    const hash = createHash('sha256');
    for await (const chunk of readChunks(file)) hash.update(chunk);
    return hash.digest('hex');
  } finally {
    await file.close();
  }
}
