import { mkdirSync, mkdtempSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { build } from 'esbuild';

const CACHE = resolve(import.meta.dirname, '../../node_modules/.cache');

/**
 * Compiles a TypeScript program and its imports into one file that plain `node` runs, for tests
 * that need a process of their own. Decorators keep no type metadata, so it must not rely on
 * injection.
 *
 * @param entry - path of the program
 * @returns path of the file, below node_modules so that its package imports resolve
 */
export async function bundleForNode(entry: string): Promise<string> {
  mkdirSync(CACHE, { recursive: true });
  const outfile = join(mkdtempSync(join(CACHE, 'test-')), basename(entry).replace(/\.ts$/, '.mjs'));
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    sourcemap: 'inline',
    logLevel: 'error',
  });
  return outfile;
}
