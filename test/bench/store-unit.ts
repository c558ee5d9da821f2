import type { ChildProcess, StdioOptions } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestToHex } from '../../src/common/crypto/digest.js';
import { freePort } from '../support/ports.js';
import { runToEnd, startProcess, stopProcess, untilAnswers, type Run } from './processes.js';

/** How a server is started; what is left out is as an operator starts it. */
export interface ServeOptions {
  readonly nodeArguments?: readonly string[];
  readonly stdio?: StdioOptions;
  /** Whether a status of the health check says that it is up. */
  readonly isReady?: (status: number) => boolean;
}

const isWell = (status: number) => status === 200;

/** The built program with a data directory of its own, used as an operator does. */
export class StoreUnit {
  private child: ChildProcess | undefined;

  private constructor(
    private readonly program: string,
    readonly dataDir: string,
    readonly url: string,
  ) {}

  /** A unit that was never started: only its port is chosen. */
  static async create(program: string, dataDir: string): Promise<StoreUnit> {
    const port = await freePort();
    mkdirSync(dataDir, { mode: 0o700 });
    writeFileSync(
      join(dataDir, 'config.yaml'),
      `proxy.ipaddress: "127.0.0.1"\nproxy.port.http: "${port}"\n`,
      {
        mode: 0o600,
      },
    );
    return new StoreUnit(program, dataDir, `http://127.0.0.1:${port}`);
  }

  async run(...words: string[]): Promise<Run> {
    return await this.command(words, false);
  }

  /** Runs a command and watches how much memory it holds. */
  async runWatched(...words: string[]): Promise<Run> {
    return await this.command(words, true);
  }

  /** Starts the server. @returns seconds until it was well */
  async serve({ nodeArguments = [], stdio, isReady = isWell }: ServeOptions = {}): Promise<number> {
    const begin = performance.now();
    const words = [...nodeArguments, this.program, '--data', this.dataDir, 'serve'];
    this.child = startProcess(process.execPath, words, stdio && { stdio });
    await untilAnswers(this.child, `${this.url}/_status/check`, isReady);
    return (performance.now() - begin) / 1_000;
  }

  get server(): ChildProcess & { pid: number } {
    const { child } = this;
    if (child?.pid === undefined) throw new Error('the store is not serving');
    return child as ChildProcess & { pid: number };
  }

  async stop(): Promise<void> {
    if (this.child) await stopProcess(this.child);
    this.child = undefined;
  }

  blobPath(digest: Buffer): string {
    const hex = digestToHex(digest);
    return join(this.dataDir, 'blobs', hex.slice(0, 2), hex.slice(2, 4), hex);
  }

  /** Makes room on the disk for the next round. The row stays: nothing asks for the file any more. */
  dropBlobFile(digest: Buffer): void {
    rmSync(this.blobPath(digest));
  }

  private async command(words: readonly string[], watchRss: boolean): Promise<Run> {
    return await runToEnd(process.execPath, [this.program, '--data', this.dataDir, ...words], { watchRss });
  }
}
