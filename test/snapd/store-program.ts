import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PROJECT, requirePrepared, runOrThrow } from './programs.js';

const PROGRAM = join(PROJECT, 'dist/snap-store-proxy.js');
const START_ATTEMPTS = 300;
const START_PAUSE_MS = 200;

/** The built store program, used like an operator: only through its command line. */
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
   * Runs one command, then sends a request to the running server. The server learns of a change when the command
   * commits, and without this request a device could be faster.
   *
   * @returns its standard output
   * @throws Error with all its output if it failed
   */
  async run(...args: string[]): Promise<string> {
    const output = await runOrThrow(process.execPath, [PROGRAM, '--data', this.dataDir, ...args]);
    if (this.#server) await this.#isWell();
    return output;
  }

  /** Starts the server and waits until it reports that it is ready. */
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
