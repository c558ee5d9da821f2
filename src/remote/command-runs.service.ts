import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import { Injectable, Logger } from '@nestjs/common';
import { globalOptionIn } from '../common/command-line/global-options.js';
import { whyAtTheMachine } from '../common/command-line/over-the-network.js';
import { StoreError } from '../common/errors.js';
import { FairQueue } from '../common/fair-queue.js';
import { DATA_VARIABLE } from '../common/files/data-directory.js';
import { ownEntry } from '../common/files/program.js';
import { isComplete, type Upload } from '../imports/uploads/upload.js';
import { UploadsService } from '../imports/uploads/uploads.service.js';
import type { Actor } from '../management/audit/actor-context.service.js';
import { principalKey, whyNotAllowed, type Principal } from '../management/principal.js';
import { UnitConfigService } from '../settings/unit-config.service.js';
import * as limits from './command-limits.js';
import { contentsOf, INPUT_TOO_LONG, inputBytes, type CommandRequest } from './command-request.js';
import { CommandRun } from './command-run.js';
import { CommandTable } from './command-table.js';
import { HAND_OVER_DESCRIPTOR, HAND_OVER_VARIABLE, type HandOver } from './hand-over.js';
import { TOKEN_VARIABLE, URL_VARIABLE } from './store-address.js';

/** Who asks, and how the audit trail names them. */
export interface CommandCaller {
  readonly principal: Principal;
  readonly actor: Actor;
}

interface OpenRun {
  readonly run: CommandRun;
  readonly caller: string;
}

const PIPE = 'pipe';

/** Runs commands for callers on other machines, each in a process of this program. */
@Injectable()
export class CommandRunsService {
  private readonly logger = new Logger(CommandRunsService.name);
  private readonly turns = new FairQueue({
    work: 'command',
    running: limits.MAX_RUNNING_COMMANDS,
    // One more: the queue of all is full before that of one caller.
    waitingPerAddress: limits.MAX_WAITING_COMMANDS + 1,
    waiting: limits.MAX_WAITING_COMMANDS,
    retryAfterSeconds: limits.COMMAND_RETRY_SECONDS,
  });

  private readonly open = new Map<string, OpenRun>();

  constructor(
    private readonly table: CommandTable,
    private readonly unit: UnitConfigService,
    private readonly uploads: UploadsService,
  ) {}

  /**
   * Runs a command when its turn comes.
   *
   * @param gone - when the caller does not wait any more
   * @returns the answer, one JSON object a line; ending it stops the command
   * @throws StoreError `unsupported` or `forbidden` for a command that is not for this caller, `too-large` beyond a
   *   limit, `not-found` or `conflict` for an upload that the caller has not or not completely, `overloaded` if no turn
   *   comes
   */
  async start(request: CommandRequest, caller: CommandCaller, gone: AbortSignal): Promise<Readable> {
    this.check(request, caller.principal);
    return await new Promise<Readable>((settle, fail) => {
      const late = AbortSignal.timeout(limits.COMMAND_TURN_MS);
      const giveUp = () => fail(noTurn());
      late.addEventListener('abort', giveUp);
      const work = async () => {
        late.removeEventListener('abort', giveUp);
        if (gone.aborted || late.aborted) return;
        const run = await this.run(request, caller);
        settle(run.output);
        await run.ended;
      };
      this.turns.run(nameOf(caller.principal), work).catch(fail);
    });
  }

  /**
   * Answers the question of a command.
   *
   * @param answer - null at the end of the input
   * @throws StoreError `not-found` if this caller has no such command, `conflict` if it asks nothing
   */
  answer(id: string, principal: Principal, answer: string | null): void {
    if (this.find(id, principal).answer(answer)) return;
    throw new StoreError('conflict', `cannot answer command ${id}: it asks nothing`);
  }

  /**
   * Interrupts a command, as Ctrl-C does.
   *
   * @throws StoreError `not-found` if this caller has no such command
   */
  interrupt(id: string, principal: Principal): void {
    this.find(id, principal).stop('SIGINT');
  }

  private find(id: string, principal: Principal): CommandRun {
    const found = this.open.get(id);
    if (found?.caller === nameOf(principal)) return found.run;
    throw new StoreError(
      'not-found',
      `cannot find command ${JSON.stringify(id.slice(0, 80))}: none of yours runs on this unit`,
    );
  }

  /** What needs no reading of the options; the process checks the rest (`handed-command.gate.ts`). */
  private check(request: CommandRequest, principal: Principal): void {
    const { arguments: words } = request;
    const command = this.table.find(words);
    if (!command?.use)
      throw new StoreError(
        'unsupported',
        `cannot run ${JSON.stringify((words[0] ?? '').slice(0, 80))}: this store has no such command`,
      );
    const { use, words: name } = command;
    if ('why' in use) throw whyAtTheMachine(name, use);
    const why = [use, ...(use.other ? [use.other] : [])].map((access) => whyNotAllowed(principal, access));
    if (why.every((one) => one !== undefined))
      throw new StoreError('forbidden', `cannot allow that: ${why[0]}`);
    const option = globalOptionIn(words);
    if (option !== undefined)
      throw new StoreError('forbidden', `cannot run ${name} over the network with ${option}`);
    checkSize(name, request);
  }

  private async run(request: CommandRequest, { principal, actor }: CommandCaller): Promise<CommandRun> {
    const id = randomUUID();
    const uploads = await this.uploadsOf(request, principal);
    const paths = Object.fromEntries(uploads.map((upload) => [upload.id, this.uploads.pathOf(upload)]));
    const [beside] = Object.values(paths);
    // In the folder of an upload, which is removed with it whatever becomes of this process.
    const parent =
      beside === undefined ? join(tmpdir(), 'snap-store-command-') : join(dirname(beside), 'command-');
    const folder = request.files?.length ? await mkdtemp(parent) : undefined;
    const child = this.spawn(request);
    const pipe = child.stdio[HAND_OVER_DESCRIPTOR] as Duplex;
    const run = new CommandRun(child, pipe, id);
    pipe.write(
      `${JSON.stringify({ request, actor, principal, folder, uploads: paths } satisfies HandOver)}\n`,
    );
    this.open.set(id, { run, caller: nameOf(principal) });
    void run.ended.then(async () => {
      this.open.delete(id);
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
      for (const upload of uploads)
        await this.uploads.remove(upload.principal, upload.id).catch((error: unknown) => {
          this.logger.warn(`cannot remove upload ${upload.id}: ${String(error)}`);
        });
    });
    return run;
  }

  /** The uploads that a command names; they are used up by it. */
  private async uploadsOf(request: CommandRequest, principal: Principal): Promise<Upload[]> {
    const ids = new Set(contentsOf(request).flatMap(({ upload }) => upload ?? []));
    const uploads = [];
    for (const id of ids) {
      const upload = await this.uploads.get(principalKey(principal), id);
      if (!isComplete(upload) || upload.jobId !== null)
        throw new StoreError(
          'conflict',
          `cannot use upload ${upload.name}: it is not complete, or is being imported`,
        );
      uploads.push(upload);
    }
    return uploads;
  }

  /** The words of the command come by the pipe: every account sees the arguments of a process. */
  private spawn({ input }: CommandRequest): ChildProcess {
    const { [URL_VARIABLE]: _url, [TOKEN_VARIABLE]: _token, ...env } = process.env;
    const child = spawn(process.execPath, [ownEntry()], {
      cwd: '/',
      env: {
        ...env,
        [DATA_VARIABLE]: this.unit.dataDir,
        [HAND_OVER_VARIABLE]: String(HAND_OVER_DESCRIPTOR),
      },
      stdio: [input === undefined ? 'ignore' : PIPE, PIPE, PIPE, PIPE],
    });
    // A command that refuses what it has read so far does not read the rest.
    child.stdin?.on('error', () => undefined).end(Buffer.from(input ?? '', 'base64'));
    return child;
  }
}

function nameOf({ kind, name }: Principal): string {
  return `${kind} ${name}`;
}

function noTurn(): StoreError {
  return new StoreError(
    'overloaded',
    `cannot run the command: ${limits.MAX_RUNNING_COMMANDS} others run; ask again in ${limits.COMMAND_RETRY_SECONDS} seconds`,
    { retryAfterSeconds: limits.COMMAND_RETRY_SECONDS },
  );
}

function checkSize(name: string, request: CommandRequest): void {
  const { arguments: words, files = [] } = request;
  const refuse = (why: string) => new StoreError('too-large', `cannot run ${name}: ${why}`);
  if (words.length > limits.MAX_COMMAND_WORDS)
    throw refuse(`it has more than ${limits.MAX_COMMAND_WORDS} words`);
  if (words.reduce((sum, word) => sum + Buffer.byteLength(word), 0) > limits.MAX_COMMAND_BYTES)
    throw refuse(`it is longer than ${limits.MAX_COMMAND_BYTES} bytes`);
  if (contentsOf(request).length - files.filter(({ entries }) => entries).length > limits.MAX_COMMAND_FILES)
    throw refuse(`over the network it can bring ${limits.MAX_COMMAND_FILES} files along`);
  if (inputBytes(request) > limits.MAX_COMMAND_INPUT_BYTES) throw refuse(INPUT_TOO_LONG);
}
