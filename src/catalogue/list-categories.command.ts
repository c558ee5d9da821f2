import { Command, CommandRunner, Option } from 'nest-commander';
import { printJson, printTable } from '../common/terminal/terminal.js';
import { CategoriesService } from './categories.service.js';

@Command({ name: 'list-categories', description: 'list the categories with their snaps' })
export class ListCategoriesCommand extends CommandRunner {
  constructor(private readonly categories: CategoriesService) {
    super();
  }

  async run(_arguments: string[], options: { json?: boolean } = {}): Promise<void> {
    const categories = await this.categories.list();
    if (options.json) printJson({ categories });
    else
      printTable(
        ['Category', 'Snaps'],
        categories.map(({ name, snaps }) => [name, snaps.join(',')]),
      );
  }

  @Option({ flags: '--json', description: 'print one JSON object' })
  parseJson(): boolean {
    return true;
  }
}
