import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import * as limits from './command-limits.js';
import type { AnswerLine } from './command-request.js';
import type { Answer, AskedQuestion } from './hand-over.js';

/** Longest line of the process's pipe, in characters. */
const MAX_PIPE_LINE_CHARACTERS = 64 << 10;

const HIGH_SURROGATE = /[\ud800-\udbff]/;

/** A process that runs a command, and the answer that it makes: one JSON object a line. */
export class CommandRun {
  readonly output = new PassThrough({ highWaterMark: limits.COMMAND_HELD_BYTES });
  /** Settles when the process has ended, whatever the caller does. */
  readonly ended: Promise<void>;
  private sentBytes = 0;
  private isAsked = false;
  private isPaused = false;
  private killer: NodeJS.Timeout | undefined;

  /**
   * @param pipe - the other end of the descriptor by which the process asks
   * @param maxBytes - of all output
   */
  constructor(
    private readonly child: ChildProcess,
    private readonly pipe: Readable & Writable,
    id: string,
    private readonly maxBytes = limits.MAX_COMMAND_OUTPUT_BYTES,
  ) {
    this.ended = new Promise((settle) => child.once('close', () => settle()));
    this.say({ command: id });
    const beat = setInterval(() => this.write('\n'), limits.COMMAND_HEARTBEAT_MS);
    this.pass('stdout');
    this.pass('stderr');
    this.readQuestions();
    child.once('error', (error) => this.say({ stderr: `error: cannot run the command: ${error.message}\n` }));
    child.once('close', (status, signal) => {
      clearInterval(beat);
      clearTimeout(this.killer);
      this.say({ exit: exitOf(status, signal) });
      this.output.end();
    });
    this.output.on('error', () => undefined);
    // The caller has gone.
    this.output.once('close', () => this.stop('SIGTERM'));
  }

  /** Asks the process to end; after `SIGTERM`, ends it if it does not. */
  stop(signal: 'SIGTERM' | 'SIGINT'): void {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill(signal);
    this.resume();
    // Whoever interrupts it waits for what it says.
    if (signal === 'SIGINT') return;
    this.killer ??= setTimeout(() => this.child.kill('SIGKILL'), limits.COMMAND_END_MS).unref();
  }

  /** @returns whether a question was open */
  answer(answer: string | null): boolean {
    if (!this.isAsked) return false;
    this.isAsked = false;
    this.pipe.write(`${JSON.stringify({ answer } satisfies Answer)}\n`);
    return true;
  }

  private pass(name: 'stdout' | 'stderr'): void {
    const decoder = new StringDecoder('utf8');
    this.child[name]?.on('data', (bytes: Buffer) => this.sayOutput(name, decoder.write(bytes)));
  }

  private sayOutput(name: 'stdout' | 'stderr', text: string): void {
    if (this.sentBytes > this.maxBytes) return;
    this.sentBytes += Buffer.byteLength(text);
    if (this.sentBytes > this.maxBytes) {
      this.say({ stderr: `error: cannot go on: the output is longer than ${this.maxBytes} bytes\n` });
      return this.stop('SIGTERM');
    }
    for (const piece of piecesOf(text)) this.say(name === 'stdout' ? { stdout: piece } : { stderr: piece });
  }

  /** The process waits while its caller does not read. */
  private say(line: AnswerLine): void {
    if (this.write(`${JSON.stringify(line)}\n`) || this.isPaused) return;
    this.isPaused = true;
    this.child.stdout?.pause();
    this.child.stderr?.pause();
    this.output.once('drain', () => this.resume());
  }

  /** @returns whether there is room for more; nobody needs any after the caller has gone */
  private write(text: string): boolean {
    return this.output.destroyed || this.output.write(text);
  }

  private resume(): void {
    this.isPaused = false;
    this.child.stdout?.resume();
    this.child.stderr?.resume();
  }

  private readQuestions(): void {
    let held = '';
    const decoder = new StringDecoder('utf8');
    this.pipe.on('error', () => undefined);
    this.pipe.on('data', (bytes: Buffer) => {
      held += decoder.write(bytes);
      if (held.length > MAX_PIPE_LINE_CHARACTERS) return this.stop('SIGTERM');
      const lines = held.split('\n');
      held = lines.pop() ?? '';
      for (const line of lines) {
        const { question, hidden } = JSON.parse(line) as AskedQuestion;
        this.isAsked = true;
        // What was printed before the question is read in the same turn.
        setImmediate(() => this.say({ question, hidden }));
      }
    });
  }
}

/** As a shell has it. */
function exitOf(status: number | null, signal: NodeJS.Signals | null): number {
  if (status !== null) return status < 0 ? 1 : status;
  return 128 + constants.signals[signal ?? 'SIGKILL'];
}

/** Parts of a text that are short enough for a line. No character is cut. */
function* piecesOf(text: string): Generator<string> {
  for (let at = 0; at < text.length;) {
    const isCut = HIGH_SURROGATE.test(text[at + limits.COMMAND_PIECE_CHARACTERS - 1] ?? '');
    const end = at + limits.COMMAND_PIECE_CHARACTERS - (isCut ? 1 : 0);
    yield text.slice(at, end);
    at = end;
  }
}
