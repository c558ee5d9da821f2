import { Option, SubCommand } from 'nest-commander';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { StoreError } from '../common/errors.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { Prompts } from '../common/terminal/prompts.js';
import { printJson, printLine } from '../common/terminal/terminal.js';
import { serialPolicyView } from './device-model.view.js';
import { DeviceModelsService } from './device-models.service.js';

interface CreateSerialPolicyOptions extends JsonOption {
  readonly brand?: string;
  readonly model?: string;
  readonly key?: string;
}

@SubCommand({
  name: 'serial-policy',
  description: 'set the key that signs the serials of a model; the newest policy applies',
})
@OverTheNetwork({ role: 'admin', scope: 'setting' })
export class CreateSerialPolicyCommand extends JsonCommand {
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
    description: 'account-id of the brand; required if several brands have a model of this name',
  })
  parseBrand(account: string): string {
    return account;
  }

  @Option({ flags: '--model <name>', description: 'name of the model' })
  parseModel(name: string): string {
    return name;
  }

  @Option({ flags: '--key <name>', description: 'name of the signing key' })
  parseKey(name: string): string {
    return name;
  }
}

/** Asks for missing values. */
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
