import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Real data of the official store, kept beside the project: read in place, never copied into it. */
export const REAL = resolve(import.meta.dirname, '../../../shared/real');

/** Whether the real data is here; tests over it name themselves as skipped where it is not. */
export const hasReal = existsSync(REAL);

/** All files below a folder of the real data whose name ends in `suffix`, sorted; none where it is missing. */
export function realFiles(folder: string, suffix: string): string[] {
  const root = join(REAL, folder);
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(suffix))
    .map((name) => join(root, name))
    .toSorted();
}
