import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const PROJECT = resolve(import.meta.dirname, '../..');

/** The folder with the programs that `run.sh` builds before the tests start. */
const CACHE = join(PROJECT, '.cache/snapd');
/** Debian's snapd, with `asserts-oracle`. */
export const DEBIANS_PROGRAMS = join(CACHE, 'bin');
/** The programs of another release, if `release.sh` names them. */
export const SNAPD_PROGRAMS = process.env['TEST_SNAPD_PROGRAMS'] ?? DEBIANS_PROGRAMS;
/** Whether it is 2.57.6: some tests depend on the output or the limits of that release. */
export const IS_DEBIANS = SNAPD_PROGRAMS === DEBIANS_PROGRAMS;
export const TEST_SNAPS = join(CACHE, 'snaps');

/** The exit status and output of a command. */
export interface CommandResult {
  /** Exit status; -1 if a signal ended it. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The environment of a command, in addition to its arguments. */
export interface CommandOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Given to the command as standard input, which is empty otherwise. */
  readonly input?: string;
}

/** Runs a command to its end, whatever its exit status. */
export async function runCommand(
  file: string,
  args: readonly string[],
  { env = process.env, cwd = PROJECT, input = '' }: CommandOptions = {},
): Promise<CommandResult> {
  return await new Promise((resolvePromise, reject) => {
    const child = execFile(file, [...args], { env, cwd, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      if (typeof error?.code === 'string') reject(error);
      else resolvePromise({ status: error ? (error.code ?? -1) : 0, stdout, stderr });
    });
    // A command that exits without reading its input reports the reason itself.
    child.stdin?.on('error', () => undefined).end(input);
  });
}

/**
 * Runs a command that must succeed.
 *
 * @returns its standard output
 * @throws Error with all its output if its exit status is not 0
 */
export async function runOrThrow(
  file: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const result = await runCommand(file, args, options);
  if (result.status === 0) return result.stdout;
  throw new Error(
    `${[file, ...args].join(' ')} ended with ${result.status}\n${result.stdout}${result.stderr}`,
  );
}

/** Throws an error that names the missing file if `run.sh` has not prepared something. */
export function requirePrepared(path: string): string {
  if (!existsSync(path)) throw new Error(`${path} is missing: these tests are started by test/snapd/run.sh`);
  return path;
}
