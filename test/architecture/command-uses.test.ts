import { CommandMeta, OptionMeta, SubCommandMeta } from 'nest-commander/src/constants.js';
import { expect, it } from 'vitest';
import { CLI_COMMANDS } from '../../src/cli.module.js';
import { commandUseOf } from '../../src/common/command-line/over-the-network.js';

interface Named {
  readonly name: string;
  readonly arguments?: string;
}

interface Declared {
  readonly name: string;
  readonly runner: { readonly prototype: object };
  readonly words: string[];
  readonly flags: string[];
}

/** Names of arguments and option values that are file names. */
const FILE_NAME = /[<[](?:files?|folder|directory|dir|package|path|inventory)\b/;

/** Options of a class and of those that it extends. */
function flagsOf(runner: { readonly prototype: object }): string[] {
  const flags: string[] = [];
  for (let at = runner.prototype; at !== Object.prototype; at = Object.getPrototypeOf(at) as object)
    for (const { value } of Object.values(Object.getOwnPropertyDescriptors(at)) as { value?: object }[]) {
      if (typeof value !== 'function') continue;
      const option = Reflect.getMetadata(OptionMeta, value) as { flags: string } | undefined;
      if (option) flags.push(option.flags);
    }
  return flags;
}

function declared(runner: { readonly prototype: object }): Declared {
  const named = (Reflect.getOwnMetadata(CommandMeta, runner) ??
    Reflect.getOwnMetadata(SubCommandMeta, runner)) as Named;
  return { name: named.name, runner, words: (named.arguments ?? '').split(' '), flags: flagsOf(runner) };
}

const COMMANDS = CLI_COMMANDS.map(declared);

it('every command says who may run it over the network, or why nobody may', () => {
  expect(COMMANDS.length).toBeGreaterThan(60);
  const silent = COMMANDS.filter(({ runner }) => commandUseOf(runner) === undefined);
  expect(silent.map(({ name }) => name)).toEqual([]);
});

it('every file that a command over the network takes is declared, and is one of its words', () => {
  for (const { name, runner, words, flags } of COMMANDS) {
    const use = commandUseOf(runner);
    if (!use || 'why' in use) continue;
    const files = [...words, ...flags].filter((word) => FILE_NAME.test(word));
    const names = files.map((word) => (word.startsWith('--') ? word.split(' ')[0] : word.replace('...', '')));
    expect([name, (use.files ?? []).toSorted()]).toEqual([name, names.toSorted()]);
  }
});
