import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';
import { StoreError } from '../errors.js';
import { visibleLines } from '../visible-text.js';
import { callerTerminal } from './caller-terminal.js';
import { LineInput, MAX_LINE_BYTES } from './line-input.js';
import { isInputTerminal, printNote, writeEditing, writePrompt } from './terminal.js';

/** Asks the person, or the script, at the other end of the standard input. */
export interface Dialogue {
  /** Whether a person can be asked again. */
  readonly isTerminal: boolean;
  /** @returns the answer without surrounding spaces; undefined if the input has ended */
  ask(prompt: string): Promise<string | undefined>;
  /** Asks without showing the answer, which is returned exactly as typed. */
  askSecret(prompt: string): Promise<string | undefined>;
  /** Prints a line before a question. */
  say(line: string): void;
}

/** The lines of a terminal, which readline edits. While `hidden`, they are not shown. */
class TerminalLines {
  private hidden = false;
  private readonly lines: string[] = [];
  private waiting: { settle: (line: string | undefined) => void; fail: (error: Error) => void } | undefined;
  private hasEnded = false;
  private readonly readline: Interface;

  constructor() {
    const output = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        if (!this.hidden) writeEditing(chunk);
        done();
      },
    });
    this.readline = createInterface({ input: process.stdin, output, terminal: true, historySize: 0 });
    this.readline.on('line', (line) => this.take(line));
    this.readline.on('close', () => this.end());
    this.readline.on('SIGINT', () => this.interrupt());
  }

  async next(prompt: string, hidden: boolean): Promise<string | undefined> {
    if (hidden) writePrompt(prompt);
    this.hidden = hidden;
    this.readline.setPrompt(hidden ? '' : visibleLines(prompt));
    this.readline.prompt();
    try {
      const line = await this.nextLine();
      if (hidden) writePrompt('\n');
      return line;
    } finally {
      this.hidden = false;
    }
  }

  close(): void {
    this.readline.close();
  }

  private async nextLine(): Promise<string | undefined> {
    const line = this.lines.shift();
    if (line !== undefined || this.hasEnded) return line;
    return await new Promise((settle, fail) => (this.waiting = { settle, fail }));
  }

  private take(line: string): void {
    const { waiting } = this;
    this.waiting = undefined;
    if (waiting) waiting.settle(line);
    else this.lines.push(line);
  }

  private end(): void {
    this.hasEnded = true;
    this.waiting?.settle(undefined);
    this.waiting = undefined;
  }

  private interrupt(): void {
    const { waiting } = this;
    this.waiting = undefined;
    this.readline.close();
    waiting?.fail(new StoreError('invalid-request', 'cannot continue: interrupted'));
  }
}

/**
 * Questions at a terminal, or answers that a script pipes in, one per line. Prompts go to the standard error,
 * so that the standard output contains only results. Nothing is read before the first question.
 */
export class Prompts implements Dialogue {
  readonly isTerminal = isInputTerminal();
  private terminal: TerminalLines | undefined;
  private piped: LineInput | undefined;

  async ask(prompt: string): Promise<string | undefined> {
    return (await this.next(prompt, false))?.trim();
  }

  async askSecret(prompt: string): Promise<string | undefined> {
    return await this.next(prompt, true);
  }

  say(line: string): void {
    printNote(line);
  }

  /** Releases the standard input, which would keep the process alive. */
  close(): void {
    this.terminal?.close();
    if (this.piped) process.stdin.destroy();
  }

  private async next(prompt: string, hidden: boolean): Promise<string | undefined> {
    const caller = callerTerminal();
    if (caller) return await caller.ask(prompt, hidden);
    if (!this.isTerminal) {
      writePrompt(prompt);
      try {
        return await (this.piped ??= new LineInput(process.stdin)).next();
      } finally {
        writePrompt('\n');
      }
    }
    const line = await (this.terminal ??= new TerminalLines()).next(prompt, hidden);
    if (line !== undefined && Buffer.byteLength(line) > MAX_LINE_BYTES)
      throw new StoreError('too-large', `cannot read the answer: it is longer than ${MAX_LINE_BYTES} bytes`);
    return line;
  }
}
