import { Command } from 'nest-commander';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { printJson, printLine, printTable, shownSize } from '../common/terminal/terminal.js';
import { InventoryService } from './inventory.service.js';
import { detailLines, detailSections, detailsJson } from './snap-details.view.js';

@Command({
  name: 'info',
  arguments: '<snap>',
  description: 'show a snap with its channels, overrides, revisions and components',
  argsDescription: { snap: "the snap's name" },
})
@OverTheNetwork({ role: 'viewer', scope: 'read' })
export class InfoCommand extends JsonCommand {
  constructor(private readonly inventory: InventoryService) {
    super();
  }

  async run([name = '']: string[], options: JsonOption = {}): Promise<void> {
    const details = await this.inventory.get(name);
    if (options.json) {
      printJson(detailsJson(details));
      return;
    }
    for (const line of detailLines(details, shownSize)) printLine(line);
    for (const { head, rows } of detailSections(details, shownSize)) {
      printLine();
      printTable(head, rows);
    }
  }
}
