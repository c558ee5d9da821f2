import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PROJECT, requirePrepared, runOrThrow } from './programs.js';

const PROGRAM = join(PROJECT, 'dist/snap-store-proxy.js');
const START_ATTEMPTS = 300;
const START_PAUSE_MS = 200;

/** The built store program, used as an operator does: by its command line alone. */
export class StoreProgram {
  readonly url: string;
  #server: ChildProcess | undefined;
  #said = '';

  constructor(
    private readonly dataDir: string,
    readonly port: number,
  ) {
    requirePrepared(PROGRAM);
    this.url = `http://127.0.0.1:${port}`;
  }

  /**
   * Runs one command. A running server is asked something after it: that it has changed something is told
   * to the server when it commits, and a device that asks at once could be before that.
   *
   * @returns its standard output
   * @throws Error with all it said, where it failed
   */
  async run(...args: string[]): Promise<string> {
    const output = await runOrThrow(process.execPath, [PROGRAM, '--data', this.dataDir, ...args]);
    if (this.#server) await this.#isWell();
    return output;
  }

  /** Starts the server and waits until it says that it is well. */
  async serve(): Promise<void> {
    const server = spawn(process.execPath, [PROGRAM, '--data', this.dataDir, 'serve'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#server = server;
    for (const output of [server.stdout, server.stderr]) {
      output.on('data', (chunk: Buffer) => (this.#said += chunk.toString()));
    }
    for (let attempt = 0; attempt < START_ATTEMPTS; attempt += 1) {
      if (await this.#isWell()) return;
      if (server.exitCode !== null) break;
      await sleep(START_PAUSE_MS);
    }
    throw new Error(`cannot start the store: it is not well\n${this.#said}`);
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill('SIGTERM');
    await ended;
  }

  async #isWell(): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/_status/check`)).ok;
    } catch {
      return false; // nothing listens yet
    }
  }
}
