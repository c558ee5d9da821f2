import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SandboxDescription } from '../../src/sandbox/sandbox-description.js';
import { createTestDatabase, type TestDatabase } from './database.js';
import { freePort } from './ports.js';
import { PROGRAM } from './program.js';

/** A fault as `POST /sandbox/faults` takes it: `docs/sandbox.md`. */
export interface FaultRequest {
  readonly kind:
    'slow' | 'cut' | 'wrong-bytes' | 'busy' | 'unavailable' | 'other-url' | 'other-store' | 'other-key';
  /** `*` stands for anything; by default every path. A redirected download has the path that was asked for first. */
  readonly path?: string;
  /** 1 by default. */
  readonly count?: number | 'always';
  readonly seconds?: number;
  readonly percent?: number;
  readonly 'retry-after'?: number;
}

/** Somebody who can log in at the sandbox. */
export interface SandboxLogin {
  readonly accountId: string;
  readonly email: string;
  readonly password: string;
}

/** The `sandbox` program in a process of its own, on a free port of loopback, with a temporary data directory. */
export class Sandbox {
  private constructor(
    /** Scheme, host and port: upstream, dashboard and SSO alike. */
    readonly url: string,
    /** The stream for `proxy.trusted-assertions`. */
    readonly rootFile: string,
    /** `plain` needs a password, `secondFactor` a code of {@link totp} too. */
    readonly accounts: { readonly plain: SandboxLogin; readonly secondFactor: SandboxLogin },
    /** `key=value` words for `config` that turn a store to the sandbox. */
    readonly settings: readonly string[],
    /** What `--data` was; the sandbox is in `sandbox` below it. */
    readonly dataDir: string,
    private readonly database: TestDatabase,
    private child: ChildProcess,
  ) {}

  /** @param words - further options, such as `--no-redirect` */
  static async start(...words: string[]): Promise<Sandbox> {
    const dataDir = mkdtempSync(join(tmpdir(), 'sandbox-test-'));
    chmodSync(dataDir, 0o755);
    const database = await createTestDatabase();
    mkdirSync(join(dataDir, 'sandbox'));
    writeFileSync(
      join(dataDir, 'sandbox/config.yaml'),
      `proxy.db.connection: ${JSON.stringify(database.url)}\n`,
    );
    const { child, description } = await startProgram(dataDir, [
      '--port',
      String(await freePort()),
      ...words,
    ]);
    const { url, rootFile, accounts, settings } = description;
    const plain = accounts.find(({ otpAuthUrl }) => otpAuthUrl === undefined);
    const secondFactor = accounts.find(({ otpAuthUrl }) => otpAuthUrl !== undefined);
    if (!plain || !secondFactor) throw new Error('the sandbox lacks an account');
    return new Sandbox(url, rootFile, { plain, secondFactor }, settings, dataDir, database, child);
  }

  /** A one-time code that was not used before; the sandbox's clock moves on for it where need be. */
  async totp(): Promise<string> {
    return ((await this.control('POST', 'totp', {})) as { otp: string }).otp;
  }

  /** Lets something go wrong in the next answers. */
  async fault(fault: FaultRequest): Promise<void> {
    await this.control('POST', 'faults', fault);
  }

  async clearFaults(): Promise<void> {
    await this.control('DELETE', 'faults');
  }

  /** Faults that are still to come. */
  async faults(): Promise<readonly FaultRequest[]> {
    return ((await this.control('GET', 'faults')) as { faults: FaultRequest[] }).faults;
  }

  /** Moves the sandbox's clock on, so that what it issued expires. */
  async advance(seconds: number): Promise<void> {
    await this.control('POST', 'clock', { seconds });
  }

  /** Stops the program and starts it again, with the same data and the same URL. */
  async restart(...words: string[]): Promise<void> {
    await this.stopProgram();
    const { child } = await startProgram(this.dataDir, ['--port', new URL(this.url).port, ...words]);
    this.child = child;
  }

  async stop(): Promise<void> {
    await this.stopProgram();
    await this.database.drop();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  private async stopProgram(): Promise<void> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((settle) => child.once('close', settle));
    child.kill('SIGTERM');
    await ended;
  }

  private async control(method: string, path: string, body?: object): Promise<unknown> {
    const answer = await fetch(`${this.url}/sandbox/${path}`, {
      method,
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`the sandbox answered ${answer.status}: ${await answer.text()}`);
    return await answer.json();
  }
}

async function startProgram(
  dataDir: string,
  words: readonly string[],
): Promise<{ child: ChildProcess; description: SandboxDescription }> {
  const child = spawn(process.execPath, [PROGRAM, '--data', dataDir, 'sandbox', '--json', ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const description = await new Promise<SandboxDescription>((settle, fail) => {
    child.once('close', () => fail(new Error(`the sandbox ended: ${output.stderr}`)));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output.stdout += text;
      if (output.stdout.endsWith('}\n')) settle(JSON.parse(output.stdout) as SandboxDescription);
    });
  });
  return { child, description };
}
