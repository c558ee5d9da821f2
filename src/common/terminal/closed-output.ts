import { printNote } from './terminal.js';

/** The reader went away (`| head -1`, `| grep -q`): nobody misses what is not printed. */
const READER_GONE: ReadonlySet<string | undefined> = new Set(['EPIPE', 'ERR_STREAM_DESTROYED', 'ECONNRESET']);

/**
 * Lets a command finish its work when its output cannot be written. Without this, Node ends the program
 * in the middle with a stack trace, and a PostgreSQL that it started stays behind. A reader that went
 * away is no failure; any other reason (a full disk) is one line and exit status 1 once the work is done.
 */
export function surviveClosedOutput(): void {
  process.stderr.on('error', () => undefined);
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (READER_GONE.has(error.code)) return;
    printNote(`error: cannot print the result: ${error.message}; the command itself was carried out`);
    process.exitCode = 1;
  });
}
