import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Finds a file or folder that the program needs besides its code: what the build puts into `dist/`, such as
 * `threads/NAME.js` and `assets`.
 *
 * @param path - inside `dist/`; what the sources have at the same path below their root comes first
 * @param from - a folder of the program: of the sources, `build/` or `dist/`
 */
export function builtFile(path: string, from: string = import.meta.dirname): string {
  const found = [join(from, path), join(from, 'dist', path)].find((candidate) => existsSync(candidate));
  if (found !== undefined) return found;
  if (dirname(from) === from) throw new Error(`${path} is missing: the program is not built`);
  return builtFile(path, dirname(from));
}
