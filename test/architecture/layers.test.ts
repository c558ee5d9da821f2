import { basename } from 'node:path';
import { expect, it } from 'vitest';
import { classesWith, sourceFiles } from './source.js';

/** What Nest makes by itself, besides controllers, commands and modules. */
const SUFFIXES = ['filter', 'gate', 'guard', 'interceptor', 'repository', 'service'];

/** `SnapOwnersRepository` → `snap-owners.repository.ts` */
function fileNameOf(className: string): string {
  const words = className.match(/[A-Z][a-z0-9]*/g)?.map((word) => word.toLowerCase()) ?? [];
  return `${words.slice(0, -1).join('-')}.${words.at(-1)}.ts`;
}

it('what Nest injects lies in a file that is named like it, and whose suffix is its layer', () => {
  const injectables = sourceFiles().flatMap((file) =>
    classesWith('Injectable', file).map((name) => ({ name, file: basename(file.path) })),
  );
  expect(injectables.length).toBeGreaterThan(50);
  expect(injectables.filter(({ name, file }) => fileNameOf(name) !== file)).toEqual([]);
  expect(injectables.filter(({ file }) => !SUFFIXES.includes(file.split('.').at(-2) ?? ''))).toEqual([]);
});
