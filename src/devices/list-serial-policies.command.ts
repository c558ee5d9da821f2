import { SubCommand } from 'nest-commander';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { printJson, printTable } from '../common/terminal/terminal.js';
import { serialPolicyView } from './device-model.view.js';
import { DeviceModelsService } from './device-models.service.js';

@SubCommand({
  name: 'serial-policies',
  description: 'list the keys that sign serials; the newest policy of a model applies',
})
export class ListSerialPoliciesCommand extends JsonCommand {
  constructor(private readonly models: DeviceModelsService) {
    super();
  }

  async run(_arguments: string[], options: JsonOption = {}): Promise<void> {
    const policies = await this.models.listPolicies();
    if (options.json) printJson({ 'serial-policies': policies.map(serialPolicyView) });
    else
      printTable(
        ['Model', 'Revision', 'Signing key', 'Brand'],
        policies.map(({ brandId, model, policyRevision, keyName }) => [
          model,
          String(policyRevision),
          keyName,
          brandId,
        ]),
      );
  }
}
