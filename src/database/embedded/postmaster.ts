import { closeSync, constants, readFileSync, readSync, statSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openTrusted, readTrusted } from '../../common/files/trusted-file.js';

/** Larger than every process id of Linux (at most 4,194,304), so it never names a process. */
const NO_PROCESS = '2147483647';

const POLL_MS = 10;

/** How long a fast shutdown may take. Its last step writes all changed pages to disk. */
const STOP_TIMEOUT_MS = 60_000;

/** A lock file is never longer. */
const MAX_LOCK_BYTES = 4_096;

/** Another server has the data: it is about to listen, was started at the same moment, or has just died. */
export const TAKEN =
  /lock file "[^"]+" already exists|shared memory block .* is still in use|could not lock file/;

/**
 * PostgreSQL's lock file of a running server: process id, data folder, start time, port, socket folder, one per
 * line.
 *
 * @see https://www.postgresql.org/docs/current/storage-file-layout.html, postmaster.pid
 */
export interface LockFile {
  readonly pid: number;
  readonly socketFolder: string | undefined;
}

/** The account that the server runs as. A file of another account in its folder is not trusted. */
function ownerOf(data: string): number | undefined {
  return statSync(data, { throwIfNoEntry: false })?.uid;
}

function lockPath(data: string): string {
  return join(data, 'postmaster.pid');
}

/**
 * Reads the lock file. A killed server leaves one behind.
 *
 * @throws StoreError `storage-failed` if it is a link, or belongs to another account
 */
export function readLockFile(data: string): LockFile | undefined {
  const owner = ownerOf(data);
  if (owner === undefined) return undefined;
  const lines = readTrusted(lockPath(data), MAX_LOCK_BYTES, [owner])?.split('\n');
  const pid = Number(lines?.[0]);
  if (lines === undefined || !Number.isSafeInteger(pid) || pid <= 0) return undefined;
  return { pid, socketFolder: lines[4] === '' ? undefined : lines[4] };
}

/** The options of a server are never longer. */
const MAX_OPTIONS_BYTES = 65_536;

/**
 * The folder of the server program that was started last for a data folder, as PostgreSQL recorded it.
 *
 * @see https://www.postgresql.org/docs/current/storage-file-layout.html, postmaster.opts
 */
export function serverPrograms(data: string): string | undefined {
  const owner = ownerOf(data);
  if (owner === undefined) return undefined;
  const options = readTrusted(join(data, 'postmaster.opts'), MAX_OPTIONS_BYTES, [owner]);
  const program = /^(\/[^"]*?)(?: "|$)/.exec(options ?? '')?.[1];
  return program === undefined ? undefined : dirname(program);
}

/** Whether the process is the server of that folder, and not a later process with the same number. */
function isServerOf(pid: number, data: string): boolean {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return statSync(`/proc/${pid}`).uid === ownerOf(data) && words.includes(data);
  } catch {
    return false;
  }
}

/**
 * Whether a process exists and has not ended. A process in state Z has ended; its parent has not waited for it
 * yet.
 */
export function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}

/**
 * Stops the server of a data folder and waits until it has ended. Open transactions are rolled back. A server
 * that we may not signal is left running.
 */
export async function stopServer(data: string): Promise<void> {
  const pid = readLockFile(data)?.pid;
  if (pid === undefined || !isServerOf(pid, data)) return;
  try {
    process.kill(pid, 'SIGINT');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ESRCH' || code === 'EPERM') return;
    throw error;
  }
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  while (isRunning(pid) && Date.now() < deadline) await sleep(POLL_MS);
}

/**
 * Corrects a lock file whose server has ended and whose process id now belongs to another program of the same
 * account. PostgreSQL would take that program for the server and always refuse to start. Only the number is
 * replaced, by one that no process has. PostgreSQL's own check that no part of the old server still uses the
 * data stays in force. If a new server has made a new file meanwhile, only the old file is written to, which is
 * no longer in the folder.
 */
export function disownLockFile(data: string): void {
  const owner = ownerOf(data);
  if (owner === undefined) return;
  const file = openTrusted(lockPath(data), constants.O_RDWR, [owner]);
  if (file === undefined) return;
  try {
    const buffer = Buffer.alloc(MAX_LOCK_BYTES);
    const text = buffer.toString('utf8', 0, readSync(file, buffer));
    const [pid = ''] = text.split('\n', 1);
    if (pid === NO_PROCESS || isServerOf(Number(pid), data)) return;
    writeSync(file, NO_PROCESS + text.slice(pid.length), 0);
  } finally {
    closeSync(file);
  }
}
