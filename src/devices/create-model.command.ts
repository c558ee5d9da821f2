import { Option, SubCommand } from 'nest-commander';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { MAX_INTEGER } from '../common/domain/words.js';
import { StoreError } from '../common/errors.js';
import { DEFAULT_MAX_SERIALS } from '../common/limits.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { Prompts } from '../common/terminal/prompts.js';
import { readSecretArgument, SECRET_FORMS } from '../common/terminal/secret-argument.js';
import { printJson, printLine } from '../common/terminal/terminal.js';
import { deviceModelView } from './device-model.view.js';
import { DeviceModelsService } from './device-models.service.js';

interface CreateModelOptions extends JsonOption {
  readonly brand?: string;
  /** `false` with `--no-api-key`. */
  readonly apiKey?: string | false;
  readonly remodelFrom?: string[];
  readonly maxSerials?: number;
  readonly hardwareIdentity?: string[];
  readonly replace?: boolean;
}

@SubCommand({
  name: 'model',
  arguments: '<name>',
  description: 'register devices of a model; the store must hold its model assertion',
  argsDescription: { name: 'name of the model' },
})
@OverTheNetwork({ role: 'admin', scope: 'setting' })
export class CreateModelCommand extends JsonCommand {
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
    description: 'account-id of the brand; required if several brands have a model of this name',
  })
  parseBrand(account: string): string {
    return account;
  }

  @Option({
    flags: '--api-key <key>',
    description: `API key that devices must send, letters and digits: ${SECRET_FORMS}; if it is not given, the command asks for it`,
  })
  parseApiKey(key: string): string {
    return key;
  }

  @Option({ flags: '--no-api-key', description: 'do not require an API key' })
  parseNoApiKey(): boolean {
    return false;
  }

  @Option({
    flags: '--remodel-from <model>',
    description: 'allow remodelling from this model: MODEL or BRAND/MODEL (repeatable)',
  })
  parseRemodelFrom(model: string, before: string[] = []): string[] {
    return [...before, model];
  }

  @Option({
    flags: '--max-serials <number>',
    description: `maximum number of serials of the model (default: ${DEFAULT_MAX_SERIALS})`,
  })
  parseMaxSerials(text: string): number {
    const number = Number(text);
    if (/^[1-9]\d*$/.test(text) && number <= MAX_INTEGER) return number;
    throw new StoreError(
      'invalid-request',
      `cannot create model: --max-serials ${JSON.stringify(text)} is invalid: give a number from 1 to ${MAX_INTEGER}`,
    );
  }

  @Option({
    flags: '--hardware-identity <issuer>',
    description:
      'require a proof of a hardware-identity that this account issued, instead of an API key (repeatable)',
  })
  parseHardwareIdentity(issuer: string, before: string[] = []): string[] {
    return [...before, issuer];
  }

  @Option({ flags: '--replace', description: 'replace an existing model' })
  parseReplace(): boolean {
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
