import { SubCommand } from 'nest-commander';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { printJson, printTable } from '../common/terminal/terminal.js';
import { serialPolicyView } from './device-model.view.js';
import { DeviceModelsService } from './device-models.service.js';

@SubCommand({
  name: 'serial-policies',
  description: 'list the keys that sign serials; the newest policy of a model applies',
})
@OverTheNetwork({ role: 'viewer', scope: 'read' })
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
