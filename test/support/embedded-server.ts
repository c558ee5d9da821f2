import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { EmbeddedConnection } from '../../src/database/embedded/embedded-postgres.js';
import { isRunning, readLockFile } from '../../src/database/embedded/postmaster.js';
import { bundleForNode } from './run-ts.js';

const folders: string[] = [];
const children: ChildProcess[] = [];

/** Makes a data directory for one test. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'embedded-'));
  folders.push(folder);
  return folder;
}

/** Makes sure that a process does not outlive its test. */
export function endAfterTest(child: ChildProcess): ChildProcess {
  children.push(child);
  return child;
}

/** After each test: ends its processes, and servers that a failed one left, and removes its folders. */
export async function cleanUp(): Promise<void> {
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
  for (const folder of folders.splice(0)) {
    const pid = readLockFile(join(folder, 'postgres'))?.pid;
    if (pid !== undefined && isRunning(pid)) process.kill(pid, 'SIGQUIT');
    rmSync(folder, { recursive: true, force: true, maxRetries: 20 });
  }
}

/** The process id of the server that runs for a data directory. */
export function serverPid(dataDir: string): number {
  const pid = readLockFile(join(dataDir, 'postgres'))?.pid;
  if (pid === undefined) throw new Error('no server runs');
  return pid;
}

/** Another process with a share in the server; it gives it back when its input ends. */
export interface Sharer {
  readonly child: ChildProcess;
  readonly startedHere: boolean;
  readonly connection: EmbeddedConnection;
}

/** Starts a process, in a group of its own as a shell does, that takes a share; returns when it has one. */
export async function spawnSharer(
  dataDir: string,
  account: { uid?: number; gid?: number } = {},
): Promise<Sharer> {
  const program = await bundleForNode(resolve(import.meta.dirname, 'embedded-child.ts'));
  const child = spawn(process.execPath, [program, dataDir], {
    stdio: ['pipe', 'pipe', 'inherit'],
    cwd: '/',
    detached: true,
    ...account,
  });
  endAfterTest(child);
  for await (const line of createInterface(child.stdout)) {
    return { child, ...(JSON.parse(line) as Omit<Sharer, 'child'>) };
  }
  throw new Error('the process ended without a share');
}

/** Lets a process give its share back. @returns its exit code */
export async function leave({ child }: Sharer): Promise<number | null> {
  child.stdin?.end();
  await once(child, 'exit');
  return child.exitCode;
}
