import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** The path of a program on PATH that this account may run; undefined if there is none. */
export async function findProgram(name: string, path = process.env['PATH']): Promise<string | undefined> {
  const folders = (path ?? '').split(delimiter).filter((folder) => folder.startsWith('/'));
  for (const folder of folders) {
    const program = join(folder, name);
    try {
      await access(program, constants.X_OK);
      return program;
    } catch {
      // Not in this folder; the next may have it.
    }
  }
  return undefined;
}
