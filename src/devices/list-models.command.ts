import { SubCommand } from 'nest-commander';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { printJson, printTable } from '../common/terminal/terminal.js';
import { deviceModelView, proofWord } from './device-model.view.js';
import { DeviceModelsService } from './device-models.service.js';

@SubCommand({ name: 'models', description: 'list the models whose devices are registered here' })
@OverTheNetwork({ role: 'viewer', scope: 'read' })
export class ListModelsCommand extends JsonCommand {
  constructor(private readonly models: DeviceModelsService) {
    super();
  }

  async run(_arguments: string[], options: JsonOption = {}): Promise<void> {
    const models = await this.models.list();
    if (options.json) printJson({ models: models.map(deviceModelView) });
    else
      printTable(
        ['Name', 'API key', 'Active serial signing key', 'Brand'],
        models.map((one) => [one.model, proofWord(one), one.keyName ?? '-', one.brandId]),
      );
  }
}
