import { CommandRunner, Option, SubCommand } from 'nest-commander';
import { printJson, printTable } from '../common/terminal/terminal.js';
import { deviceModelView, proofWord } from './device-model.view.js';
import { DeviceModelsService } from './device-models.service.js';

@SubCommand({ name: 'models', description: 'list the models whose devices are registered here' })
export class ListModelsCommand extends CommandRunner {
  constructor(private readonly models: DeviceModelsService) {
    super();
  }

  async run(_arguments: string[], options: { json?: boolean } = {}): Promise<void> {
    const models = await this.models.list();
    if (options.json) printJson({ models: models.map(deviceModelView) });
    else
      printTable(
        ['Name', 'API key', 'Active serial signing key', 'Brand'],
        models.map((one) => [one.model, proofWord(one), one.keyName ?? '-', one.brandId]),
      );
  }

  @Option({ flags: '--json', description: 'print one JSON object' })
  parseJson(): boolean {
    return true;
  }
}
