import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { build } from 'esbuild';

const CACHE = resolve(import.meta.dirname, '../../node_modules/.cache/test-programs');

/**
 * Compiles a TypeScript program and its imports into one file that plain `node` runs, for tests
 * that need a process of their own. Decorators keep no type metadata, so it must not rely on
 * injection.
 *
 * @param entry - path of the program
 * @returns path of the file, below node_modules so that its package imports resolve
 */
export async function bundleForNode(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    write: false,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    logLevel: 'error',
  });
  const code = outputFiles.map(({ text }) => text).join('');
  // Named by its content, so that runs do not pile files up and never change one that is in use.
  const digest = createHash('sha256').update(code).digest('hex').slice(0, 16);
  const path = join(CACHE, `${basename(entry, '.ts')}-${digest}.mjs`);
  mkdirSync(CACHE, { recursive: true });
  const temporary = `${path}.${randomUUID()}`;
  writeFileSync(temporary, code);
  renameSync(temporary, path);
  return path;
}
