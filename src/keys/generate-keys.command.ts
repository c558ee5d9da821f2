import { Command, Option } from 'nest-commander';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { printJson, printLine } from '../common/terminal/terminal.js';
import { KeysService, type HeldKey } from './keys.service.js';

interface GenerateKeysOptions extends JsonOption {
  readonly force?: boolean;
  readonly import?: string;
  readonly importBundleKey?: string;
}

const WORDS: Readonly<Record<HeldKey['outcome'], string>> = {
  generated: 'Generated',
  imported: 'Imported',
  kept: 'Kept',
};

@Command({
  name: 'generate-keys',
  description: 'generate the key that identifies this store and the key that signs its bundles',
})
@OverTheNetwork({ role: 'admin', scope: 'setting', files: ['--import', '--import-bundle-key'] })
export class GenerateKeysCommand extends JsonCommand {
  constructor(private readonly keys: KeysService) {
    super();
  }

  async run(_arguments: string[], options: GenerateKeysOptions = {}): Promise<void> {
    const held = await this.keys.generate({
      force: options.force === true,
      files: {
        ...(options.import !== undefined && { store: options.import }),
        ...(options.importBundleKey !== undefined && { bundle: options.importBundleKey }),
      },
    });
    if (options.json) printJson({ keys: held });
    else for (const { name, id, outcome } of held) printLine(`${WORDS[outcome]} ${name} key: ${id}`);
  }

  @Option({ flags: '--force', description: 'replace existing keys' })
  parseForce(): boolean {
    return true;
  }

  @Option({ flags: '--import <file>', description: 'import this RSA private key (PEM) as the store key' })
  parseImport(file: string): string {
    return file;
  }

  @Option({
    flags: '--import-bundle-key <file>',
    description: 'import this RSA private key (PEM) as the bundle key',
  })
  parseImportBundleKey(file: string): string {
    return file;
  }
}
