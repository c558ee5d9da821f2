import { Option, SubCommand } from 'nest-commander';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { StoreError } from '../common/errors.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { printJson, printLine } from '../common/terminal/terminal.js';
import { signingKeyView } from './signing-key.view.js';
import { SigningKeysService, type KeySource } from './signing-keys.service.js';

interface CreateKeyOptions extends JsonOption {
  readonly fromFile?: string;
  readonly token?: boolean;
}

@SubCommand({
  name: 'key',
  arguments: '<name>',
  description: 'create a key that signs the serials of a brand',
  argsDescription: { name: 'name of the key, which serial policies refer to' },
})
@OverTheNetwork({ role: 'admin', scope: 'setting', files: ['--from-file'] })
export class CreateKeyCommand extends JsonCommand {
  constructor(private readonly keys: SigningKeysService) {
    super();
  }

  async run([name = '']: string[], options: CreateKeyOptions = {}): Promise<void> {
    const key = await this.keys.create(name, sourceOf(name, options));
    if (options.json) printJson(signingKeyView(key));
    else printLine(`Signing key '${key.name}' created.`);
  }

  @Option({
    flags: '--from-file <file>',
    description: 'import this RSA private key (PEM) instead of generating one',
  })
  parseFromFile(file: string): string {
    return file;
  }

  @Option({ flags: '--token', description: 'generate the key in the PKCS#11 token (proxy.hsm.*)' })
  parseToken(): boolean {
    return true;
  }
}

function sourceOf(name: string, { fromFile, token }: CreateKeyOptions): KeySource {
  if (fromFile === undefined) return token ? 'token' : 'software';
  if (!token) return { file: fromFile };
  throw new StoreError(
    'invalid-request',
    `cannot create key ${JSON.stringify(name)}: give either --from-file or --token, not both`,
  );
}
