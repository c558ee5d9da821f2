import { Command, CommandRunner, Option } from 'nest-commander';
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
export class ListOverridesCommand extends CommandRunner {
  constructor(private readonly overrides: OverridesService) {
    super();
  }

  async run([name = '']: string[], options: { json?: boolean } = {}): Promise<void> {
    const overrides = await this.overrides.list(name);
    if (options.json) printJson(overridesView(overrides));
    else for (const override of overrides) printLine(listedLine(override));
  }

  @Option({ flags: '--json', description: 'print one JSON object' })
  parseJson(): boolean {
    return true;
  }
}
