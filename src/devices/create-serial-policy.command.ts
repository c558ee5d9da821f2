import { CommandRunner, Option, SubCommand } from 'nest-commander';
import { StoreError } from '../common/errors.js';
import { Prompts } from '../common/terminal/prompts.js';
import { printJson, printLine } from '../common/terminal/terminal.js';
import { serialPolicyView } from './device-model.view.js';
import { DeviceModelsService } from './device-models.service.js';

interface CreateSerialPolicyOptions {
  readonly brand?: string;
  readonly model?: string;
  readonly key?: string;
  readonly json?: boolean;
}

@SubCommand({
  name: 'serial-policy',
  description: 'say which key signs the serials of a model; the newest policy holds',
})
export class CreateSerialPolicyCommand extends CommandRunner {
  constructor(private readonly models: DeviceModelsService) {
    super();
  }

  async run(_arguments: string[], options: CreateSerialPolicyOptions = {}): Promise<void> {
    const { model, key } = await complete(options);
    const policy = await this.models.createPolicy(model, key, options.brand);
    if (options.json) printJson(serialPolicyView(policy));
    else printLine(`Serial policy ${policy.policyRevision} of model '${model}' created: key '${key}' signs.`);
  }

  @Option({
    flags: '--brand <account>',
    description: 'account-id of the brand, where several have such a model',
  })
  parseBrand(account: string): string {
    return account;
  }

  @Option({ flags: '--model <name>', description: "the model's name" })
  parseModel(name: string): string {
    return name;
  }

  @Option({ flags: '--key <name>', description: "the key's name" })
  parseKey(name: string): string {
    return name;
  }

  @Option({ flags: '--json', description: 'print one JSON object' })
  parseJson(): boolean {
    return true;
  }
}

/** Asks for what was not given. */
async function complete(options: CreateSerialPolicyOptions): Promise<{ model: string; key: string }> {
  const prompts = new Prompts();
  try {
    const model = options.model ?? (await prompts.ask('Model: '));
    const key = options.key ?? (await prompts.ask('Signing key: '));
    if (model && key) return { model, key };
  } finally {
    prompts.close();
  }
  throw new StoreError('invalid-request', 'cannot create serial policy: give --model and --key');
}
