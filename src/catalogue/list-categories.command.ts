import { Command } from 'nest-commander';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { printJson, printTable } from '../common/terminal/terminal.js';
import { CategoriesService } from './categories.service.js';

@Command({ name: 'list-categories', description: 'list the categories with their snaps' })
@OverTheNetwork({ role: 'viewer', scope: 'read' })
export class ListCategoriesCommand extends JsonCommand {
  constructor(private readonly categories: CategoriesService) {
    super();
  }

  async run(_arguments: string[], options: JsonOption = {}): Promise<void> {
    const categories = await this.categories.list();
    if (options.json) printJson({ categories });
    else
      printTable(
        ['Category', 'Snaps'],
        categories.map(({ name, snaps }) => [name, snaps.join(',')]),
      );
  }
}
