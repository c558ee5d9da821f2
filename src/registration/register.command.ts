import { Command, Option } from 'nest-commander';
import { AtTheMachine } from '../common/command-line/over-the-network.js';
import { StoreError } from '../common/errors.js';
import { losesPath } from '../common/http/store-url.js';
import { printJson, printLine, printNote } from '../common/terminal/terminal.js';
import { InstallPackageService } from './package/install-package.service.js';
import { RegisterFromService, type TakenRegistration } from './register-from.service.js';
import { RegistrationExportService } from './registration-export.service.js';
import { RegistrationCommand, type RegistrationWords } from './registration-options.js';
import { RegistrationService } from './registration.service.js';

interface RegisterWords extends RegistrationWords {
  readonly from?: string;
  readonly replaceKeys?: boolean;
}

/** The options that `--from` allows; the file contains the other values. */
const FROM_WORDS = ['from', 'replaceKeys', 'json'];

@Command({ name: 'register', description: 'register this store, or import a registration from a file' })
@AtTheMachine('it asks the account of the upstream store there, and writes files')
export class RegisterCommand extends RegistrationCommand {
  constructor(
    registrations: RegistrationService,
    exports: RegistrationExportService,
    packages: InstallPackageService,
    private readonly files: RegisterFromService,
  ) {
    super({ registrations, exports, packages });
  }

  async run(_arguments: string[], words: RegisterWords = {}): Promise<void> {
    if (words.from !== undefined) return await this.takeFrom(words.from, words);
    if (words.replaceKeys)
      throw new StoreError('invalid-request', 'cannot use --replace-keys without --from');
    await this.register(false, words);
  }

  @Option({
    flags: '--from <file>',
    description:
      'import an existing registration: registration_bundle.b64, proxy.assert or offline-snap-store.tar.gz',
  })
  parseFrom(file: string): string {
    return file;
  }

  @Option({
    flags: '--replace-keys',
    description: 'with --from: replace the existing key pair of this store',
  })
  parseReplaceKeys(): boolean {
    return true;
  }

  private async takeFrom(file: string, words: RegisterWords): Promise<void> {
    if (Object.keys(words).some((name) => !FROM_WORDS.includes(name)))
      throw new StoreError(
        'invalid-request',
        'cannot use other options with --from: only --replace-keys and --json are allowed',
      );
    const taken = await this.files.registerFrom(file, { replaceKeys: words.replaceKeys === true });
    if (taken.why !== undefined)
      printNote(`The key pair is left out: ${taken.why}. Devices are served without it.`);
    if (losesPath(taken.url))
      printNote(
        `Note: ${taken.url} does not end with a slash: devices find snaps below it, but request serials without its last part.`,
      );
    if (words.json) printJson({ 'store-id': taken.storeId, 'store-url': taken.url, keys: taken.keys });
    else for (const line of takenLines(taken)) printLine(line);
  }
}

function takenLines({ storeId, url, keys }: TakenRegistration): string[] {
  const ofKeys: Record<TakenRegistration['keys'], string[]> = {
    kept: ['Keys: stored as proxy.key.private and proxy.key.public'],
    sealed: [
      'Keys: encrypted, until `snap-store-proxy enable-airgap-mode` decrypts them with the install password',
    ],
    'left-out': [],
    none: [],
  };
  return [`Store URL: ${url}`, `Store ID: ${storeId}`, ...ofKeys[keys]];
}
