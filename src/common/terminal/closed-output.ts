import { printNote } from './terminal.js';

/** The reader has gone (`| head -1`, `| grep -q`): nobody needs the rest of the output. */
const READER_GONE: ReadonlySet<string | undefined> = new Set(['EPIPE', 'ERR_STREAM_DESTROYED', 'ECONNRESET']);

/**
 * Lets a command finish its work if its output cannot be written. Otherwise Node ends the program in the middle
 * with a stack trace, and a PostgreSQL that it started keeps running. A closed reader is not an error. Any
 * other reason (a full disk) is reported in one line, with exit status 1 after the work is done.
 */
export function surviveClosedOutput(): void {
  process.stderr.on('error', () => undefined);
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (READER_GONE.has(error.code)) return;
    printNote(`error: cannot print the result: ${error.message}; the command itself has completed`);
    process.exitCode = 1;
  });
}
