import { closeSync, constants, readFileSync, readSync, statSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openTrusted, readTrusted } from '../../common/files/trusted-file.js';

/** Above the largest process id of Linux (4,194,304), so it never names a process. */
const NO_PROCESS = '2147483647';

const POLL_MS = 10;

/** How long a fast shutdown may take: its last step writes everything that is dirty to disk. */
const STOP_TIMEOUT_MS = 60_000;

/** More than a lock file ever has. */
const MAX_LOCK_BYTES = 4_096;

/** Another server has the data: it is about to listen, was started at the same moment, or died just now. */
export const TAKEN =
  /lock file "[^"]+" already exists|shared memory block .* is still in use|could not lock file/;

/**
 * PostgreSQL's lock file of a running server: process id, data folder, start time, port, socket
 * folder, one a line.
 *
 * @see https://www.postgresql.org/docs/current/storage-file-layout.html, postmaster.pid
 */
export interface LockFile {
  readonly pid: number;
  readonly socketFolder: string | undefined;
}

/** The account that the server runs as: what others left in its folder is not believed. */
function ownerOf(data: string): number | undefined {
  return statSync(data, { throwIfNoEntry: false })?.uid;
}

function lockPath(data: string): string {
  return join(data, 'postmaster.pid');
}

/**
 * What the lock file says; a server that was killed leaves one behind.
 *
 * @throws StoreError `storage-failed` where it is a link, or belongs to somebody else
 */
export function readLockFile(data: string): LockFile | undefined {
  const owner = ownerOf(data);
  if (owner === undefined) return undefined;
  const lines = readTrusted(lockPath(data), MAX_LOCK_BYTES, [owner])?.split('\n');
  const pid = Number(lines?.[0]);
  if (lines === undefined || !Number.isSafeInteger(pid) || pid <= 0) return undefined;
  return { pid, socketFolder: lines[4] === '' ? undefined : lines[4] };
}

/** More than the options of a server ever take. */
const MAX_OPTIONS_BYTES = 65_536;

/**
 * The folder of the program that was started last for a data folder, as PostgreSQL itself noted it.
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

/** Whether the process is the server of that folder, and not another one that got its number later. */
function isServerOf(pid: number, data: string): boolean {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return statSync(`/proc/${pid}`).uid === ownerOf(data) && words.includes(data);
  } catch {
    return false;
  }
}

/** Whether a process exists and has not ended; one that nobody has waited for yet (Z) has. */
export function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}

/**
 * Stops the server of a data folder and waits until it is gone; open transactions are rolled back.
 * A server that is not ours to signal is left running.
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
 * Corrects a lock file whose server is gone and whose process id now belongs to some other program
 * of the same account: PostgreSQL would take that one for the server and refuse to start for ever.
 * Only the number is replaced, by one that no process has; PostgreSQL's own check that no part of
 * the old server still uses the data stays in force. Where a new server has made a new file in the
 * meantime, it is the old one, no longer in the folder, that is written to.
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
