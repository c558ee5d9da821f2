import type { Command as Program } from 'commander';
import { Command, CommandRunner, InjectCommander } from 'nest-commander';
import { Anywhere } from './common/command-line/over-the-network.js';
import { StoreError } from './common/errors.js';
import { printText } from './common/terminal/terminal.js';
import { SettingsService } from './settings/settings.service.js';

/** The words that can follow a command, or a command and its subcommand, such as `create key`. */
interface CommandWords {
  /** `push-snap`, `create key` */
  readonly name: string;
  readonly description: string;
  readonly words: readonly string[];
  readonly takesFiles: boolean;
}

/** Names of arguments and option values that are file names. */
const FILE_NAME = /<?\b(?:file|files|folder|directory|dir|package|path|inventory)\b/;

/** Words of some commands in addition to their options. */
type Extra = Readonly<Record<string, readonly string[]>>;

function optionsOf({ options }: Program): string[] {
  return options.flatMap(({ long }) => (typeof long === 'string' ? [long] : []));
}

function takesFiles({ registeredArguments, options }: Program): boolean {
  return (
    registeredArguments.some((argument) => FILE_NAME.test(argument.name())) ||
    options.some(({ flags, description }) => FILE_NAME.test(flags) || description.includes('@FILE'))
  );
}

/** Commands of the original that do not exist here are known, but not listed. */
function visibleCommands(program: Program): Program[] {
  const visible = program.createHelp().visibleCommands(program);
  return visible.filter((command) => command.name() !== 'help');
}

function commandsOf(program: Program, extra: Extra): CommandWords[] {
  return visibleCommands(program).flatMap((command) => {
    const subs = visibleCommands(command);
    const name = command.name();
    return [
      {
        name,
        description: command.description().replaceAll("'", ''),
        words: [...subs.map((sub) => sub.name()), ...(extra[name] ?? []), ...optionsOf(command), '--help'],
        takesFiles: takesFiles(command),
      },
      ...subs.map((sub) => ({
        name: `${name} ${sub.name()}`,
        description: '',
        words: [...optionsOf(sub), '--help'],
        takesFiles: takesFiles(sub),
      })),
    ];
  });
}

const isSub = ({ name }: CommandWords): boolean => name.includes(' ');

/** Branches of a shell's `case` for the words so far. A subcommand comes before its command. */
function cases(commands: readonly CommandWords[], branch: (command: CommandWords) => string): string {
  return commands
    .toSorted((a, b) => Number(isSub(b)) - Number(isSub(a)))
    .map((one) => {
      const pattern = isSub(one) ? `'${one.name}'` : `${one.name}|${one.name}' '*`;
      return `    ${pattern}) ${branch(one)} ;;`;
    })
    .join('\n');
}

function bash(commands: readonly CommandWords[], globals: readonly string[]): string {
  const names = commands.flatMap((one) => (isSub(one) ? [] : [one.name]));
  return `_snap_store_proxy() {
  local word=\${COMP_WORDS[COMP_CWORD]} command='' sub='' words files=no at
  for ((at = 1; at < COMP_CWORD; at++)); do
    case \${COMP_WORDS[at]} in
      --data|--url|--token-file|--ca-file) ((at++)) ;;
      -*) ;;
      *) if [ -z "$command" ]; then command=\${COMP_WORDS[at]}; elif [ -z "$sub" ]; then sub=\${COMP_WORDS[at]}; fi ;;
    esac
  done
  case \${COMP_WORDS[COMP_CWORD-1]} in
    --data) mapfile -t COMPREPLY < <(compgen -d -- "$word"); return ;;
    --token-file|--ca-file) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
  esac
  case "$command\${sub:+ $sub}" in
${cases(commands, (one) => `words='${one.words.join(' ')}'; files=${one.takesFiles ? 'yes' : 'no'}`)}
    *) words='${[...names, ...globals].join(' ')}' ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word"; if [ "$files" = yes ]; then compgen -f -- "$word"; fi)
}
complete -o filenames -F _snap_store_proxy snap-store-proxy snap-proxy`;
}

function zsh(commands: readonly CommandWords[], globals: readonly string[]): string {
  const names = commands
    .filter((one) => !isSub(one))
    .map(({ name, description }) => `    '${name}:${description.replaceAll(':', '\\:')}'`);
  return `#compdef snap-store-proxy snap-proxy
_snap_store_proxy() {
  local -a commands=(
${names.join('\n')}
  )
  if (( CURRENT == 2 )); then _describe command commands; compadd -- ${globals.join(' ')}; return; fi
  case "$words[2] $words[3]" in
${cases(commands, (one) => `compadd -- ${one.words.join(' ')}${one.takesFiles ? '; _files' : ''}`)}
  esac
}
compdef _snap_store_proxy snap-store-proxy snap-proxy`;
}

function fish(commands: readonly CommandWords[], globals: readonly string[]): string {
  const option = (word: string) => (word.startsWith('--') ? `-l ${word.slice(2)}` : `-a ${word}`);
  const lines = commands.flatMap((one) => {
    const [name = '', sub] = one.name.split(' ');
    const seen = `__fish_seen_subcommand_from ${name}${sub === undefined ? '' : `; and __fish_seen_subcommand_from ${sub}`}`;
    const prefix = `complete -c snap-store-proxy -n '${seen}'`;
    return [
      ...(sub === undefined
        ? [`complete -c snap-store-proxy -f -n __fish_use_subcommand -a ${name} -d '${one.description}'`]
        : []),
      one.takesFiles ? `${prefix} -F` : `${prefix} -f`,
      ...one.words.map((word) => `${prefix} ${option(word)}`),
    ];
  });
  return [
    ...globals.map((word) => `complete -c snap-store-proxy ${option(word)}`),
    ...lines,
    'complete -c snap-proxy -w snap-store-proxy',
  ].join('\n');
}

type Script = (commands: readonly CommandWords[], globals: readonly string[]) => string;

const SHELLS: Readonly<Record<string, Script>> = { bash, zsh, fish };

/** The script is self-contained: pressing Tab starts no program. */
@Command({
  name: 'completion',
  arguments: '<shell>',
  description: 'print a completion script for bash, zsh or fish',
  argsDescription: {
    shell: 'bash, zsh or fish; to use it in bash: source <(snap-store-proxy completion bash)',
  },
})
@Anywhere('its script is for the shell that runs it')
export class CompletionCommand extends CommandRunner {
  constructor(
    @InjectCommander() private readonly program: Program,
    private readonly settings: SettingsService,
  ) {
    super();
  }

  run([shell = '']: string[]): Promise<void> {
    const script = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
    if (!script)
      throw new StoreError(
        'invalid-request',
        `cannot print a completion script for ${JSON.stringify(shell)}: give bash, zsh or fish`,
      );
    const extra = {
      config: this.settings.definitions().flatMap(({ key, readOnly }) => (readOnly ? [] : [key])),
      completion: Object.keys(SHELLS),
      help: this.program.commands.map((command) => command.name()),
    };
    printText(script(commandsOf(this.program, extra), [...optionsOf(this.program), '--help']));
    return Promise.resolve();
  }
}
