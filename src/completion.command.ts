import type { Command as Program } from 'commander';
import { Command, CommandRunner, InjectCommander } from 'nest-commander';
import { StoreError } from './common/errors.js';
import { printText } from './common/terminal.js';

interface CommandWords {
  readonly name: string;
  readonly description: string;
  readonly options: readonly string[];
}

function wordsOf(program: Program): CommandWords[] {
  return program.commands.map((command) => ({
    name: command.name(),
    description: command.description().replaceAll("'", ''),
    options: [...new Set(['--help', ...subWordsOf(command), ...optionsOf(command)])],
  }));
}

function optionsOf(command: Program): string[] {
  return command.options.flatMap(({ long }) => (typeof long === 'string' ? [long] : []));
}

/** Of a command such as `create`: what can be created, and the options of all that. */
function subWordsOf({ commands }: Program): string[] {
  const named = commands.filter((command) => command.name() !== 'help');
  return [...named.map((command) => command.name()), ...named.flatMap(optionsOf)];
}

function bash(commands: readonly CommandWords[]): string {
  const cases = commands.map(
    ({ name, options }) => `    ${name}) COMPREPLY=($(compgen -f -W '${options.join(' ')}' -- "$word")) ;;`,
  );
  return `_snap_store_proxy() {
  local word=\${COMP_WORDS[COMP_CWORD]}
  case \${COMP_WORDS[1]} in
${cases.join('\n')}
    *) COMPREPLY=($(compgen -W '${commands.map(({ name }) => name).join(' ')}' -- "$word")) ;;
  esac
}
complete -F _snap_store_proxy snap-store-proxy snap-proxy`;
}

function zsh(commands: readonly CommandWords[]): string {
  const names = commands.map(
    ({ name, description }) => `    '${name}:${description.replaceAll(':', '\\:')}'`,
  );
  const cases = commands.map(
    ({ name, options }) => `    ${name}) compadd -- ${options.join(' ')}; _files ;;`,
  );
  return `#compdef snap-store-proxy snap-proxy
_snap_store_proxy() {
  local -a commands=(
${names.join('\n')}
  )
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  case $words[2] in
${cases.join('\n')}
  esac
}
compdef _snap_store_proxy snap-store-proxy snap-proxy`;
}

function fish(commands: readonly CommandWords[]): string {
  const lines = commands.flatMap(({ name, description, options }) => [
    `complete -c snap-store-proxy -n __fish_use_subcommand -a ${name} -d '${description}'`,
    ...options.map((option) => {
      const word = option.startsWith('--') ? `-l ${option.slice(2)}` : `-a ${option}`;
      return `complete -c snap-store-proxy -n '__fish_seen_subcommand_from ${name}' ${word}`;
    }),
  ]);
  return [...lines, 'complete -c snap-proxy -w snap-store-proxy'].join('\n');
}

const SHELLS: Readonly<Record<string, (commands: readonly CommandWords[]) => string>> = { bash, zsh, fish };

/** The script is complete in itself: pressing Tab starts no program. */
@Command({
  name: 'completion',
  arguments: '<shell>',
  description: 'print a completion script for bash, zsh or fish',
  argsDescription: { shell: 'bash, zsh or fish; for bash: source <(snap-store-proxy completion bash)' },
})
export class CompletionCommand extends CommandRunner {
  constructor(@InjectCommander() private readonly program: Program) {
    super();
  }

  run([shell = '']: string[]): Promise<void> {
    const script = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
    if (!script)
      throw new StoreError(
        'invalid-request',
        `cannot complete for ${JSON.stringify(shell)}: give bash, zsh or fish`,
      );
    printText(script(wordsOf(this.program)));
    return Promise.resolve();
  }
}
