import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const PROGRAM_NAME = 'snap-store-proxy';

/** This program, wherever it is installed. */
export interface Program {
  /** The folder with its package.json. */
  readonly root: string;
  readonly version: string;
}

/** Finds the program that contains a folder; undefined if there is none. */
export function findOwnProgram(folder: string = import.meta.dirname): Program | undefined {
  const file = join(folder, 'package.json');
  if (existsSync(file)) {
    const { name, version } = JSON.parse(readFileSync(file, 'utf8')) as { name?: string; version?: string };
    if (name === PROGRAM_NAME && version !== undefined) return { root: folder, version };
  }
  return dirname(folder) === folder ? undefined : findOwnProgram(dirname(folder));
}

/** The file that runs this program's commands: also where the server, or a test, runs now. */
export function ownEntry(): string {
  const own = findOwnProgram();
  if (!own) throw new Error('the program does not find itself');
  return join(own.root, 'dist', 'snap-store-proxy.js');
}
