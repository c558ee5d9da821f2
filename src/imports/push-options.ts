import { Option } from 'nest-commander';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';

/** The options that `push-snap` and `push-store` share. */
export interface PushOptions extends JsonOption {
  readonly store?: string;
  readonly pushChannelMap?: boolean;
  readonly dryRun?: boolean;
}

/** The base of both commands. */
export abstract class PushCommand extends JsonCommand {
  @Option({
    flags: '--store <store>',
    description: 'assign the snaps to this brand store (see list-stores)',
  })
  parseStore(store: string): string {
    return store;
  }

  @Option({
    flags: '--push-channel-map',
    description: 'move channels to what the file says, even back to an older revision',
  })
  parsePushChannelMap(): boolean {
    return true;
  }

  @Option({
    flags: '--dry-run',
    description: 'check everything and print exactly what would change, but change nothing',
  })
  parseDryRun(): boolean {
    return true;
  }
}
