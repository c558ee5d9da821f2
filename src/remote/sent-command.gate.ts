import { Injectable } from '@nestjs/common';
import type { Command } from 'commander';
import { InjectCommander } from 'nest-commander';
import { commandWords } from '../common/command-line/command-words.js';
import {
  whyAtTheMachine,
  type NetworkUse,
  type OptionValues,
} from '../common/command-line/over-the-network.js';
import { readBounded } from '../common/streams.js';
import { isInputTerminal, isTerminal, printNote } from '../common/terminal/terminal.js';
import { MAX_COMMAND_INPUT_BYTES } from './command-limits.js';
import type { CommandRequest } from './command-request.js';
import { CommandTable } from './command-table.js';
import { fileWordsOf } from './file-words.js';
import { atFilesOf, FileReader, namesInput, tooMuch, type UploadFile } from './sent-files.js';
import type { StoreAddress } from './store-address.js';

/** Sends commands to a store on another machine instead of running them. Help and mistakes are answered here. */
@Injectable()
export class SentCommandGate {
  constructor(
    @InjectCommander() private readonly program: Command,
    private readonly table: CommandTable,
  ) {}

  /**
   * Before the command line is read.
   *
   * @param words - as they were typed, without the options that name the store
   */
  attach(address: StoreAddress, words: readonly string[]): void {
    for (const command of commandsBelow(this.program)) {
      const name = commandWords(command);
      const use = this.table.get(name)?.use;
      if (!use || ('why' in use && use.isForAnywhere)) continue;
      command.action(async () => {
        if ('why' in use) throw whyAtTheMachine(name, use);
        // Loaded only here, so that other commands start faster.
        const { runThere } = await import('./run-there.js');
        process.exitCode = await runThere(address, (upload) => requestOf(command, use, words, upload));
      });
    }
  }
}

function commandsBelow(command: Command): Command[] {
  return command.commands.flatMap((sub) => [sub, ...commandsBelow(sub)]);
}

async function requestOf(
  command: Command,
  use: NetworkUse,
  words: readonly string[],
  upload: UploadFile,
): Promise<CommandRequest> {
  const reader = new FileReader(use.uploads === true ? upload : undefined);
  for (const name of atFilesOf(words)) await reader.add(name);
  for (const { value } of fileWordsOf(command, use.files ?? [])) await reader.add(value);
  const reads = namesInput(words) || use.readsInput?.(command.args, command.opts<OptionValues>()) === true;
  return {
    arguments: words,
    terminal: { output: isTerminal(), input: isInputTerminal() },
    ...(reads && { input: await readInput() }),
    ...(reader.sent.length > 0 && { files: reader.sent }),
  };
}

async function readInput(): Promise<string> {
  if (isInputTerminal()) printNote('Paste what the command reads, then press Ctrl-D:');
  return (await readBounded(process.stdin, MAX_COMMAND_INPUT_BYTES, tooMuch)).toString('base64');
}
