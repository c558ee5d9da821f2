import { Command, CommandRunner, Option } from 'nest-commander';
import { StoreError } from '../common/errors.js';
import { Prompts } from '../common/prompts.js';
import { printJson, printLine } from '../common/terminal.js';
import { printRegistration } from './print-registration.js';
import { RegisterDialogue } from './register-dialogue.js';
import { RegisterFromService, type TakenRegistration } from './register-from.service.js';
import { RegistrationService } from './registration.service.js';

interface RegisterOptions {
  readonly from?: string;
  readonly replaceKeys?: boolean;
  readonly https?: boolean;
  readonly skipQuestions?: boolean;
  readonly json?: boolean;
}

@Command({ name: 'register', description: 'register this store, or take a registration from a file' })
export class RegisterCommand extends CommandRunner {
  constructor(
    private readonly registrations: RegistrationService,
    private readonly files: RegisterFromService,
  ) {
    super();
  }

  async run(_arguments: string[], options: RegisterOptions = {}): Promise<void> {
    if (options.from === undefined) await this.registerNow(options);
    else await this.takeFrom(options.from, options);
  }

  @Option({
    flags: '--https',
    description: 'devices use HTTPS (a store with a certificate is registered so anyway)',
  })
  parseHttps(): boolean {
    return true;
  }

  @Option({ flags: '--skip-questions', description: 'leave the survey out' })
  parseSkipQuestions(): boolean {
    return true;
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

  private async registerNow(options: RegisterOptions): Promise<void> {
    const { https = false, skipQuestions = false, replaceKeys } = options;
    if (replaceKeys) throw new StoreError('invalid-request', 'cannot use --replace-keys without --from');
    const prompts = new Prompts();
    try {
      const questions = new RegisterDialogue(prompts, { skipQuestions });
      printRegistration(await this.registrations.register({ again: false, https }, questions), options);
    } finally {
      prompts.close();
    }
  }

  private async takeFrom(file: string, options: RegisterOptions): Promise<void> {
    const { json, replaceKeys } = options;
    const unused = ['https', 'skipQuestions'].find((name) => name in options);
    if (unused !== undefined)
      throw new StoreError(
        'invalid-request',
        'cannot use --https or --skip-questions with --from: the file says it all',
      );
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
