import { dirname, join } from 'node:path';
import { Injectable } from '@nestjs/common';
import type { Command } from 'commander';
import { InjectCommander } from 'nest-commander';
import { commandWords } from '../common/command-line/command-words.js';
import { accessFor, whyAtTheMachine, type OptionValues } from '../common/command-line/over-the-network.js';
import { StoreError } from '../common/errors.js';
import { setCallerTerminal } from '../common/terminal/caller-terminal.js';
import { ActorContextService } from '../management/audit/actor-context.service.js';
import { whyNotAllowed } from '../management/principal.js';
import { CommandTable } from './command-table.js';
import { fileWordsOf } from './file-words.js';
import { handedTerminal, type HandOver, type HandOverPipe } from './hand-over.js';
import { writeSentFile } from './handed-files.js';

/** Makes a process run one command for a caller on another machine: as the caller, and with no more than the caller may. */
@Injectable()
export class HandedCommandGate {
  constructor(
    @InjectCommander() private readonly program: Command,
    private readonly table: CommandTable,
    private readonly actors: ActorContextService,
  ) {}

  /** Before the command is read. What commander has read is checked: there is no second reading that could differ. */
  attach(pipe: HandOverPipe, handed: HandOver): void {
    this.actors.actFor(handed.actor, handed.principal);
    const terminal = handedTerminal(pipe, handed.request);
    setCallerTerminal(terminal);
    this.program.hook('preAction', async (_program, command) => {
      await this.admit(command, handed, terminal.names);
    });
  }

  private async admit(command: Command, handed: HandOver, names: Map<string, string>): Promise<void> {
    const words = commandWords(command);
    const use = this.table.get(words)?.use;
    if (!use)
      throw new StoreError('unsupported', `cannot run ${words}: there is no such command over the network`);
    if ('why' in use) throw whyAtTheMachine(words, use);
    const why = whyNotAllowed(handed.principal, accessFor(use, command.args, command.opts<OptionValues>()));
    if (why !== undefined) throw new StoreError('forbidden', `cannot allow that: ${why}`);
    const paths = new Map<string, string>();
    // What was in one folder stays in one: commands look at the files beside a file.
    const folders: string[] = [];
    for (const { value, replace } of fileWordsOf(command, use.files ?? [])) {
      if (!folders.includes(dirname(value))) folders.push(dirname(value));
      const at = String(folders.indexOf(dirname(value)));
      const path = paths.get(value) ?? (await writeHanded(value, handed, at));
      paths.set(value, path);
      // What is below a folder is named as `join` does.
      names.set(`${path}/`, join(value, 'x').slice(0, -1));
      names.set(path, value);
      for (const beside of handed.request.files?.find(({ name }) => name === value)?.beside ?? [])
        names.set(join(dirname(path), beside.path), join(dirname(value), beside.path));
      replace(path);
    }
  }
}

/** A path of this machine is no business of a caller on another one. */
async function writeHanded(
  name: string,
  { request, folder, uploads }: HandOver,
  at: string,
): Promise<string> {
  const file = request.files?.find((one) => one.name === name);
  if (file && folder !== undefined) return await writeSentFile(file, join(folder, at), uploads);
  throw new StoreError(
    'forbidden',
    `cannot read ${name}: its content must come along with a command over the network`,
  );
}
