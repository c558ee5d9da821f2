import { Command, CommandRunner, Option, SubCommand } from 'nest-commander';
import { AtTheMachine } from '../common/command-line/over-the-network.js';
import { StoreError } from '../common/errors.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { readSecretArgument, SECRET_FORMS } from '../common/terminal/secret-argument.js';
import { printJson, printLine, printNote, printText } from '../common/terminal/terminal.js';
import { formatSecretsKeys, makeSecretsKey, parseSecretsKeys, type SecretsKey } from './secrets-key.js';
import { SecretsKeyringService } from './secrets-keyring.service.js';
import { SecretsService } from './secrets.service.js';

interface SealOptions {
  readonly module?: string;
  readonly tokenLabel?: string;
  readonly pin?: string;
}

@SubCommand({
  name: 'export',
  description:
    'print the secrets key of this machine, to import on another unit or to keep a copy apart from the database',
})
@AtTheMachine('the secrets key does not leave it')
export class ExportSecretsKeyCommand extends CommandRunner {
  constructor(
    private readonly keyring: SecretsKeyringService,
    private readonly secrets: SecretsService,
  ) {
    super();
  }

  async run(): Promise<void> {
    await this.secrets.ready();
    printText(formatSecretsKeys(this.keyring.all()));
  }
}

@SubCommand({
  name: 'import',
  arguments: '<key>',
  description: 'import the secrets key of another unit, or a copy of it',
  argsDescription: { key: `${SECRET_FORMS}: the output of \`secrets-key export\`` },
})
@AtTheMachine('the secrets key does not leave it')
export class ImportSecretsKeyCommand extends CommandRunner {
  constructor(
    private readonly keyring: SecretsKeyringService,
    private readonly secrets: SecretsService,
  ) {
    super();
  }

  async run([argument = '']: string[]): Promise<void> {
    for (const key of await readKeys(argument, 'the secrets key')) {
      const isNew = this.keyring.add(key);
      printLine(`Secrets key ${key.id}: ${isNew ? 'imported' : 'already present'}`);
    }
    await this.sayWhatOpens();
  }

  /** The key is stored even if the database cannot be reached: the database may need this key. */
  private async sayWhatOpens(): Promise<void> {
    const used = await this.secrets.keyId().catch(() => undefined);
    if (used === undefined) return;
    if (this.keyring.find(used)) printLine(`The database is wrapped with ${used}, which is present`);
    else printNote(`warning: the database is wrapped with ${used}, which is still missing here`);
  }
}

@SubCommand({
  name: 'generate',
  description: 'print a new secrets key; import it on every unit before it is used',
})
@AtTheMachine('the secrets key does not leave it')
export class GenerateSecretsKeyCommand extends CommandRunner {
  run(): Promise<void> {
    printText(formatSecretsKeys([makeSecretsKey()]));
    return Promise.resolve();
  }
}

@SubCommand({ name: 'rotate', description: 'wrap every secret of the database again with a new key' })
@AtTheMachine('the secrets key does not leave it')
export class RotateSecretsKeyCommand extends JsonCommand {
  constructor(private readonly secrets: SecretsService) {
    super();
  }

  async run(_words: string[], options: JsonOption & { key?: string } = {}): Promise<void> {
    const key = options.key === undefined ? undefined : await readOneKey(options.key);
    const rotated = await this.secrets.rotate(key);
    if (options.json) printJson({ 'key-id': rotated.key.id, secrets: rotated.secrets });
    else {
      printLine(`Secrets key: ${rotated.key.id} (${rotated.secrets} secrets wrapped)`);
      printLine(
        'Earlier copies of the database can be read only with the old key. Keep a copy of the new one.',
      );
    }
  }

  @Option({
    flags: '--key <key>',
    description: `the new key, ${SECRET_FORMS}; every unit must have imported it (default: a generated key)`,
  })
  parseKey(key: string): string {
    return key;
  }
}

@SubCommand({
  name: 'seal',
  description: 'encrypt the secrets key to a PKCS#11 token; only the encrypted copy stays on this machine',
})
@AtTheMachine('the secrets key does not leave it')
export class SealSecretsKeyCommand extends CommandRunner {
  constructor(
    private readonly keyring: SecretsKeyringService,
    private readonly secrets: SecretsService,
  ) {
    super();
  }

  async run(_words: string[], options: SealOptions = {}): Promise<void> {
    const { module, tokenLabel, pin } = options;
    if (module === undefined || tokenLabel === undefined || pin === undefined)
      throw new StoreError(
        'invalid-request',
        'cannot seal the secrets key: give --module, --token-label and --pin',
      );
    await this.secrets.ready();
    const secret = await readSecretArgument({ argument: pin, option: '--pin' });
    const ids = this.keyring.sealWith({ module, label: tokenLabel }, secret);
    printLine(`Only the token ${tokenLabel} decrypts: ${ids.join(', ')}`);
    printLine(
      'The file secrets.key was removed. If its old bytes may remain on a disk, run `secrets-key rotate`.',
    );
  }

  @Option({ flags: '--module <path>', description: 'PKCS#11 module of the token' })
  parseModule(path: string): string {
    return path;
  }

  @Option({ flags: '--token-label <label>', description: 'label of the token' })
  parseLabel(label: string): string {
    return label;
  }

  @Option({ flags: '--pin <pin>', description: `user PIN of the token, ${SECRET_FORMS}` })
  parsePin(pin: string): string {
    return pin;
  }
}

@SubCommand({ name: 'unseal', description: 'keep the secrets key in a file again, without the token' })
@AtTheMachine('the secrets key does not leave it')
export class UnsealSecretsKeyCommand extends CommandRunner {
  constructor(private readonly keyring: SecretsKeyringService) {
    super();
  }

  run(): Promise<void> {
    const ids = this.keyring.unseal();
    printLine(`Kept in ${this.keyring.path}: ${ids.join(', ')}`);
    return Promise.resolve();
  }
}

@Command({
  name: 'secrets-key',
  description:
    'manage the key that wraps the secrets in the database: show, export, import, generate, rotate, seal, unseal',
  subCommands: [
    ExportSecretsKeyCommand,
    ImportSecretsKeyCommand,
    GenerateSecretsKeyCommand,
    RotateSecretsKeyCommand,
    SealSecretsKeyCommand,
    UnsealSecretsKeyCommand,
  ],
})
@AtTheMachine('the secrets key does not leave it')
export class SecretsKeyCommand extends CommandRunner {
  constructor(
    private readonly keyring: SecretsKeyringService,
    private readonly secrets: SecretsService,
  ) {
    super();
  }

  async run(words: string[]): Promise<void> {
    if (words.length > 0)
      throw new StoreError(
        'invalid-request',
        `cannot run secrets-key ${JSON.stringify(words[0])}: use \`secrets-key export\`, \`import\`, \`generate\`, \`rotate\`, \`seal\` or \`unseal\``,
      );
    await this.secrets.ready();
    const used = await this.secrets.keyId();
    const held = this.keyring.all().map(({ id }) => id);
    printLine(`Database: wrapped with ${used}`);
    printLine(`This machine: ${held.length === 0 ? 'no secrets key' : held.join(', ')}`);
  }
}

async function readKeys(argument: string, option: string): Promise<SecretsKey[]> {
  return parseSecretsKeys(await readSecretArgument({ argument, option }), option);
}

async function readOneKey(argument: string): Promise<SecretsKey> {
  const [key, another] = await readKeys(argument, '--key');
  if (key && !another) return key;
  throw new StoreError(
    'invalid-request',
    'cannot rotate the secrets key: --key contains several keys; give one',
  );
}
