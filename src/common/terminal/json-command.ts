import { CommandRunner, Option } from 'nest-commander';

/** The options of every {@link JsonCommand}. */
export interface JsonOption {
  /** Whether the result is printed as one JSON object, for programs. */
  readonly json?: boolean;
}

/**
 * The base of a command that takes `--json`: its `run` gets {@link JsonOption} and prints its result with
 * `printJson` if `json` is set. A command whose JSON says more than its table overrides the description.
 */
export abstract class JsonCommand extends CommandRunner {
  @Option({ flags: '--json', description: 'print one JSON object' })
  parseJson(): boolean {
    return true;
  }
}
