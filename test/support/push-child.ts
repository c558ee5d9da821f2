import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { PROGRAM } from './program.js';
import type { StoreApp } from './store-app.js';

/** A `push-snap` that runs in a process of its own, so that it can be killed. */
export class PushChild {
  stdout = '';
  stderr = '';
  private readonly child: ChildProcess;
  private readonly closed: Promise<unknown>;

  constructor(dataDir: string, file: string, options: readonly string[] = []) {
    this.child = spawn(process.execPath, [PROGRAM, '--data', dataDir, 'push-snap', ...options, file], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.closed = once(this.child, 'close');
    this.child.stdout?.on('data', (text: Buffer) => (this.stdout += text.toString()));
    this.child.stderr?.on('data', (text: Buffer) => (this.stderr += text.toString()));
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  /** @returns the exit status; null where it was killed */
  async end(): Promise<number | null> {
    await this.closed;
    return this.child.exitCode;
  }
}

/** The server processes that work for a store's database. */
export async function backendsOf(store: StoreApp): Promise<Set<number>> {
  const rows = await store.query<{ pid: number }>(
    `select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
       and backend_type = 'client backend'`,
  );
  return new Set(rows.map(({ pid }) => pid));
}

/** Waits until the server has ended what a killed process left: a commit may still be under way. */
export async function settled(store: StoreApp, before: ReadonlySet<number>): Promise<void> {
  while ([...(await backendsOf(store))].some((pid) => !before.has(pid))) await sleep(5);
}
