import { Command } from 'nest-commander';
import { OverTheNetwork } from '../../common/command-line/over-the-network.js';
import { JsonCommand, type JsonOption } from '../../common/terminal/json-command.js';
import { printJson, printLine } from '../../common/terminal/terminal.js';
import { listedLine } from './override-lines.js';
import { OverridesService } from './overrides.service.js';
import { overridesView } from './overrides.view.js';

@Command({
  name: 'list-overrides',
  arguments: '<snap>',
  description: 'list the active overrides of a snap',
  argsDescription: { snap: "the snap's name" },
})
@OverTheNetwork({ role: 'viewer', scope: 'read' })
export class ListOverridesCommand extends JsonCommand {
  constructor(private readonly overrides: OverridesService) {
    super();
  }

  async run([name = '']: string[], options: JsonOption = {}): Promise<void> {
    const overrides = await this.overrides.list(name);
    if (options.json) printJson(overridesView(overrides));
    else for (const override of overrides) printLine(listedLine(override));
  }
}
