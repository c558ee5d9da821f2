import { CommandRunner, Option, SubCommand } from 'nest-commander';
import { MAX_INTEGER } from '../common/domain/words.js';
import { StoreError } from '../common/errors.js';
import { DEFAULT_MAX_SERIALS } from '../common/limits.js';
import { Prompts } from '../common/terminal/prompts.js';
import { readSecretArgument, SECRET_FORMS } from '../common/terminal/secret-argument.js';
import { printJson, printLine } from '../common/terminal/terminal.js';
import { deviceModelView } from './device-model.view.js';
import { DeviceModelsService } from './device-models.service.js';

interface CreateModelOptions {
  readonly brand?: string;
  /** `false` by `--no-api-key`. */
  readonly apiKey?: string | false;
  readonly remodelFrom?: string[];
  readonly maxSerials?: number;
  readonly hardwareIdentity?: string[];
  readonly replace?: boolean;
  readonly json?: boolean;
}

@SubCommand({
  name: 'model',
  arguments: '<name>',
  description: 'register devices of a model whose assertion the store holds',
  argsDescription: { name: "the model's name" },
})
export class CreateModelCommand extends CommandRunner {
  constructor(private readonly models: DeviceModelsService) {
    super();
  }

  async run([name = '']: string[], options: CreateModelOptions = {}): Promise<void> {
    const apiKey = await apiKeyOf(options);
    const model = await this.models.create({
      name,
      brandId: options.brand,
      apiKey: apiKey === false ? undefined : apiKey,
      remodelFrom: options.remodelFrom ?? [],
      maxSerials: options.maxSerials,
      hardwareIssuers: options.hardwareIdentity ?? [],
      replace: options.replace === true,
    });
    if (options.json) printJson(deviceModelView(model));
    else printLine(`Model '${model.model}' created.`);
  }

  @Option({
    flags: '--brand <account>',
    description: 'account-id of the brand, where several have such a model',
  })
  parseBrand(account: string): string {
    return account;
  }

  @Option({
    flags: '--api-key <key>',
    description: `what devices must send along as api-key, letters and digits: ${SECRET_FORMS}; without it, it is asked for`,
  })
  parseApiKey(key: string): string {
    return key;
  }

  @Option({ flags: '--no-api-key', description: 'devices need no API key' })
  parseNoApiKey(): boolean {
    return false;
  }

  @Option({
    flags: '--remodel-from <model>',
    description: 'devices of this model may become the new one: MODEL or BRAND/MODEL (repeatable)',
  })
  parseRemodelFrom(model: string, before: string[] = []): string[] {
    return [...before, model];
  }

  @Option({
    flags: '--max-serials <number>',
    description: `serials that the model may have (default ${DEFAULT_MAX_SERIALS})`,
  })
  parseMaxSerials(text: string): number {
    const number = Number(text);
    if (/^[1-9]\d*$/.test(text) && number <= MAX_INTEGER) return number;
    throw new StoreError(
      'invalid-request',
      `cannot create model: --max-serials is ${JSON.stringify(text)}, give a number from 1 to ${MAX_INTEGER}`,
    );
  }

  @Option({
    flags: '--hardware-identity <issuer>',
    description:
      'devices prove their hardware-identity, which this account issued, and need no API key (repeatable)',
  })
  parseHardwareIdentity(issuer: string, before: string[] = []): string[] {
    return [...before, issuer];
  }

  @Option({ flags: '--replace', description: 'change a model that is there' })
  parseReplace(): boolean {
    return true;
  }

  @Option({ flags: '--json', description: 'print one JSON object' })
  parseJson(): boolean {
    return true;
  }
}

async function apiKeyOf({ apiKey, hardwareIdentity }: CreateModelOptions): Promise<string | false> {
  if (hardwareIdentity !== undefined) {
    if (apiKey === undefined || apiKey === false) return false;
    throw new StoreError(
      'invalid-request',
      'cannot create model: give --hardware-identity or --api-key, not both',
    );
  }
  if (apiKey === undefined) return await askApiKey();
  return apiKey === false ? false : await readSecretArgument({ argument: apiKey, option: '--api-key' });
}

async function askApiKey(): Promise<string> {
  const prompts = new Prompts();
  try {
    const answer = await prompts.ask('API key: ');
    if (answer !== undefined && answer !== '') return answer;
  } finally {
    prompts.close();
  }
  throw new StoreError('invalid-request', 'cannot create model: give --api-key or --no-api-key');
}
