import { Socket } from 'node:net';
import { StoreError } from '../common/errors.js';
import type { CallerFile, CallerTerminal } from '../common/terminal/caller-terminal.js';
import type { Actor } from '../management/audit/actor-context.service.js';
import type { Principal } from '../management/principal.js';
import type { CommandRequest, SentFile } from './command-request.js';

/**
 * Tells a process that a server has started it, on this descriptor: who asks and what comes by the pipe, which nobody
 * else sees. The variable has the number alone.
 */
export const HAND_OVER_VARIABLE = 'SNAP_STORE_PROXY_HAND_OVER';

/** The descriptor of the pipe in the process of a command. */
export const HAND_OVER_DESCRIPTOR = 3;

const NEW_LINE = 0x0a;

/** What the server hands to the process of a command: the first line of the pipe. */
export interface HandOver {
  readonly request: CommandRequest;
  /** For the audit trail. */
  readonly actor: Actor;
  /** What the caller may do. */
  readonly principal: Principal;
  /** For the files that come along; the server removes it. Undefined if none does. */
  readonly folder: string | undefined;
  /** The files of the uploads that the command names, by their ids; on the file system of the folder. */
  readonly uploads: Readonly<Record<string, string>>;
}

/** What the process asks through the pipe, one line each. */
export interface AskedQuestion {
  readonly question: string;
  readonly hidden: boolean;
}

/** What comes back, one line each; null at the end of the input. */
export interface Answer {
  readonly answer: string | null;
}

/** The server's end of the pipe, as the process of a command sees it. */
export class HandOverPipe {
  private readonly lines: string[] = [];
  private held = Buffer.alloc(0);
  private waiting: ((line: string | undefined) => void) | undefined;
  private hasEnded = false;

  private constructor(private readonly socket: Socket) {
    socket.on('data', (bytes: Buffer) => this.take(bytes));
    socket.on('error', () => this.end());
    socket.on('close', () => this.end());
  }

  /** @returns undefined for a process that no server has started */
  static open(): HandOverPipe | undefined {
    const descriptor = process.env[HAND_OVER_VARIABLE];
    // Not for the programs that this one starts.
    delete process.env[HAND_OVER_VARIABLE];
    if (descriptor === undefined) return undefined;
    return new HandOverPipe(new Socket({ fd: Number(descriptor), readable: true, writable: true }));
  }

  /** @throws StoreError `invalid-request` if the server has gone */
  async receive(): Promise<HandOver> {
    const handed = JSON.parse(await this.next()) as HandOver;
    const { expiresAt } = handed.principal;
    const principal = { ...handed.principal, expiresAt: expiresAt && new Date(expiresAt) };
    return { ...handed, principal };
  }

  async ask(question: string, hidden: boolean): Promise<string | undefined> {
    this.socket.write(`${JSON.stringify({ question, hidden } satisfies AskedQuestion)}\n`);
    return (JSON.parse(await this.next()) as Answer).answer ?? undefined;
  }

  private async next(): Promise<string> {
    this.socket.ref();
    try {
      const line = this.lines.shift() ?? (await this.nextLine());
      if (line !== undefined) return line;
      throw new StoreError(
        'invalid-request',
        'cannot continue: the server that started this command is gone',
      );
    } finally {
      // It alone does not keep the process.
      this.socket.unref();
    }
  }

  private async nextLine(): Promise<string | undefined> {
    if (this.hasEnded) return undefined;
    return await new Promise((settle) => (this.waiting = settle));
  }

  private take(bytes: Buffer): void {
    this.held = Buffer.concat([this.held, bytes]);
    for (let end = this.held.indexOf(NEW_LINE); end !== -1; end = this.held.indexOf(NEW_LINE)) {
      this.settle(this.held.subarray(0, end).toString('utf8'));
      this.held = this.held.subarray(end + 1);
    }
  }

  private settle(line: string): void {
    const { waiting } = this;
    this.waiting = undefined;
    if (waiting) waiting(line);
    else this.lines.push(line);
  }

  /** Nobody reads what the command prints: it stops as for a signal. */
  private end(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.waiting?.(undefined);
    process.kill(process.pid, 'SIGTERM');
  }
}

/** The caller's terminal and files, as a command sees them. */
export function handedTerminal(
  pipe: HandOverPipe,
  { terminal, files = [] }: CommandRequest,
): CallerTerminal & { readonly names: Map<string, string> } {
  const sent = new Map(files.map((file) => [file.name, file]));
  return {
    isOutputTerminal: terminal?.output === true,
    isInputTerminal: terminal?.input === true,
    ask: async (prompt, isHidden) => await pipe.ask(prompt, isHidden),
    file: (name) => callerFile(sent.get(name)),
    names: new Map(),
  };
}

function callerFile(file: SentFile | undefined): CallerFile | undefined {
  if (!file) return undefined;
  return { content: file.content === undefined ? undefined : Buffer.from(file.content, 'base64') };
}
