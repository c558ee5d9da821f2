import type { Command } from 'commander';

/** A word of a command line that names a file or folder. */
export interface FileWord {
  readonly value: string;
  /** Puts another name in its place. */
  readonly replace: (value: string) => void;
}

/** The standard input. */
const STANDARD_INPUT_WORD = '-';

/**
 * The words that name files, as commander has read them.
 *
 * @param files - as the command declares them: `<files>`, `--from-file`
 */
export function fileWordsOf(command: Command, files: readonly string[]): FileWord[] {
  return files
    .flatMap((file) => (file.startsWith('--') ? optionWords(command, file) : argumentWords(command, file)))
    .filter(({ value }) => value !== STANDARD_INPUT_WORD);
}

function optionWords(command: Command, flag: string): FileWord[] {
  const option = command.options.find(({ long }) => long === flag);
  if (!option) throw new Error(`${command.name()} has no option ${flag}`);
  const name = option.attributeName();
  const value: unknown = command.getOptionValue(name);
  if (typeof value !== 'string') return [];
  return [{ value, replace: (path) => void command.setOptionValue(name, path) }];
}

function argumentWords(command: Command, name: string): FileWord[] {
  const at = command.registeredArguments.findIndex((argument) => `<${argument.name()}>` === name);
  const argument = command.registeredArguments[at];
  if (!argument) throw new Error(`${command.name()} has no argument ${name}`);
  const end = argument.variadic ? command.args.length : at + 1;
  return command.args.slice(at, end).map((value, index) => ({
    value,
    replace: (path) => void (command.args[at + index] = path),
  }));
}
