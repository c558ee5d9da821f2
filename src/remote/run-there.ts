import { StoreError } from '../common/errors.js';
import { exitStatusOf, onInterruption } from '../common/terminal/interruption.js';
import { shownProgress } from '../common/terminal/progress.js';
import { Prompts } from '../common/terminal/prompts.js';
import { writePrompt, writeResult } from '../common/terminal/terminal.js';
import type { AnswerLine, CommandRequest } from './command-request.js';
import { FileUploads } from './file-uploads.js';
import type { UploadFile } from './sent-files.js';
import type { StoreAddress } from './store-address.js';
import { RefusedByStore, StoreConnection } from './store-connection.js';

/**
 * Runs a command on the machine of a store, and prints what it prints.
 *
 * @param prepare - reads what the command brings along; it can upload files
 * @returns its exit status
 * @throws StoreError that says in one line why it could not be run, or was cut off
 */
export async function runThere(
  address: StoreAddress,
  prepare: (upload: UploadFile) => Promise<CommandRequest>,
): Promise<number> {
  const connection = await StoreConnection.open(address);
  const run = new DistantRun(connection);
  try {
    const uploads = new FileUploads(connection, shownProgress('speed'));
    return await run.follow(await prepare((path, sizeBytes) => uploads.send(path, sizeBytes)));
  } finally {
    run.end();
    await connection.close();
  }
}

/** A command on another machine, followed from here. */
class DistantRun {
  private readonly prompts = new Prompts();
  private readonly gone = new AbortController();
  private id: string | undefined;
  private interrupted: number | undefined;
  private failure: unknown;
  private readonly stopListening = onInterruption((signal) => {
    const isSecond = this.interrupted !== undefined;
    this.interrupted = exitStatusOf(signal);
    if (isSecond || this.id === undefined) return this.gone.abort();
    // It ends by itself and says how. A second Ctrl-C does not wait for that.
    const path = `commands/${this.id}`;
    this.connection.json({ method: 'DELETE', path }).catch(() => this.gone.abort());
  });

  constructor(private readonly connection: StoreConnection) {}

  async follow(request: CommandRequest): Promise<number> {
    const asked = { method: 'POST', path: 'commands', body: request, signal: this.gone.signal } as const;
    try {
      for await (const line of this.connection.lines(asked)) {
        const status = this.take(line as AnswerLine);
        if (status !== undefined) return status;
      }
    } catch (error) {
      if (this.gone.signal.aborted && this.interrupted !== undefined) return this.interrupted;
      if (this.failure !== undefined) throw this.failure;
      throw this.id === undefined ? error : cutOff(error);
    }
    throw cutOff(undefined);
  }

  /** Leaves the command: if it still runs, it is ended there. */
  end(): void {
    this.stopListening();
    this.prompts.close();
    this.gone.abort();
  }

  private take(line: AnswerLine): number | undefined {
    if ('stdout' in line) writeResult(line.stdout);
    else if ('stderr' in line) writePrompt(line.stderr);
    else if ('command' in line) this.id = line.command;
    // It can end while its question is open.
    else if ('question' in line) void this.answer(line.question, line.hidden);
    else return line.exit;
    return undefined;
  }

  private async answer(question: string, isHidden: boolean): Promise<void> {
    try {
      const answer = await (isHidden ? this.prompts.askSecret(question) : this.prompts.ask(question));
      const body = { answer: answer ?? null };
      await this.connection.json({ method: 'POST', path: `commands/${this.id}/answers`, body });
    } catch (error) {
      // It has ended meanwhile, and says how.
      if (error instanceof RefusedByStore) return;
      this.failure ??= error;
      this.gone.abort();
    }
  }
}

/** Whether it has done its work is not known. */
function cutOff(cause: unknown): Error {
  if (cause instanceof StoreError && cause.code !== 'upstream-failed') return cause;
  return new StoreError(
    'upstream-failed',
    'cannot say how the command ended: the connection was cut; look there before it is run again',
    { cause },
  );
}

/** The version of the program that a store runs. */
export async function versionThere(address: StoreAddress): Promise<string> {
  const connection = await StoreConnection.open(address);
  try {
    const answer = (await connection.json({ method: 'GET', path: 'commands' })) as { version?: unknown };
    return String(answer.version);
  } finally {
    await connection.close();
  }
}
