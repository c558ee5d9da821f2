import type { Command } from 'commander';

/** The words of a command, without the name of the program: `release`, `create key`. */
export function commandWords(command: Command): string {
  const { parent } = command;
  return parent?.parent ? `${commandWords(parent)} ${command.name()}` : command.name();
}
