import { Command, CommandRunner, Option } from 'nest-commander';
import { StoreError } from '../common/errors.js';
import { printJson, printLine } from '../common/terminal.js';
import { RegisterFromService, type TakenRegistration } from './register-from.service.js';

interface RegisterOptions {
  readonly from?: string;
  readonly replaceKeys?: boolean;
  readonly json?: boolean;
}

@Command({ name: 'register', description: 'register this store, or take a registration from a file' })
export class RegisterCommand extends CommandRunner {
  constructor(private readonly files: RegisterFromService) {
    super();
  }

  async run(_arguments: string[], options: RegisterOptions = {}): Promise<void> {
    if (options.from !== undefined) await this.takeFrom(options.from, options);
    else if (options.replaceKeys)
      throw new StoreError('invalid-request', 'cannot use --replace-keys without --from');
  }

  @Option({
    flags: '--from <file>',
    description:
      'take a registration that was made before: registration_bundle.b64, proxy.assert or offline-snap-store.tar.gz',
  })
  parseFrom(file: string): string {
    return file;
  }

  @Option({
    flags: '--replace-keys',
    description: 'with --from: give up another key pair that this store has',
  })
  parseReplaceKeys(): boolean {
    return true;
  }

  @Option({ flags: '--json', description: 'print one JSON object' })
  parseJson(): boolean {
    return true;
  }

  private async takeFrom(file: string, { json, replaceKeys }: RegisterOptions): Promise<void> {
    const taken = await this.files.registerFrom(file, { replaceKeys: replaceKeys === true });
    if (taken.why !== undefined)
      process.stderr.write(`The key pair is left out: ${taken.why}. Devices are served without it.\n`);
    if (json) printJson({ 'store-id': taken.storeId, 'store-url': taken.url, keys: taken.keys });
    else for (const line of takenLines(taken)) printLine(line);
  }
}

function takenLines({ storeId, url, keys }: TakenRegistration): string[] {
  const ofKeys: Record<TakenRegistration['keys'], string[]> = {
    kept: ['Keys: kept as proxy.key.private and proxy.key.public'],
    sealed: [
      'Keys: encrypted, until `snap-store-proxy enable-airgap-mode` opens them with the install password',
    ],
    'left-out': [],
    none: [],
  };
  return [`Store URL: ${url}`, `Store ID: ${storeId}`, ...ofKeys[keys]];
}
