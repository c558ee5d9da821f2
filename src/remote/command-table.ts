import type { CommandMetadata } from 'nest-commander';
import { CommandMeta, SubCommandMeta } from 'nest-commander/src/constants.js';
import { commandUseOf, type MachineUse, type NetworkUse } from '../common/command-line/over-the-network.js';

/** A command with what it says about callers on other machines. */
export interface ListedCommand {
  /** All its words: `release`, `create key`. */
  readonly words: string;
  /** Undefined if it does not say: a test refuses that. */
  readonly use: NetworkUse | MachineUse | undefined;
}

function metadataOf(runner: object, key: string): CommandMetadata | undefined {
  return Reflect.getOwnMetadata(key, runner) as CommandMetadata | undefined;
}

/** What each command says about callers on other machines, for both sides. */
export class CommandTable {
  private readonly commands = new Map<string, ListedCommand>();
  private readonly parents = new Set<string>();

  /** @param runners - the classes of commands; those of subcommands are found below their commands */
  constructor(runners: readonly object[]) {
    for (const runner of runners) {
      const command = metadataOf(runner, CommandMeta);
      if (!command) continue;
      this.add(command.name, runner);
      for (const sub of command.subCommands ?? []) {
        this.parents.add(command.name);
        this.add(`${command.name} ${metadataOf(sub, SubCommandMeta)?.name ?? ''}`, sub);
      }
    }
  }

  all(): ListedCommand[] {
    return [...this.commands.values()];
  }

  /** @param words - all the words of a command */
  get(words: string): ListedCommand | undefined {
    return this.commands.get(words);
  }

  /** The command at the beginning of a command line. */
  find([first = '', second = '']: readonly string[]): ListedCommand | undefined {
    const words = this.parents.has(first) ? `${first} ${second}` : first;
    return this.commands.get(words) ?? this.commands.get(first);
  }

  private add(words: string, runner: object): void {
    this.commands.set(words, { words, use: commandUseOf(runner) });
  }
}
