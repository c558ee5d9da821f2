import { Command, CommandRunner, Option } from 'nest-commander';
import { printJson, printTable } from '../common/terminal/terminal.js';
import { BrandStoresService } from './brand-stores.service.js';

@Command({ name: 'list-stores', description: 'list the brand stores and their snaps' })
export class ListStoresCommand extends CommandRunner {
  constructor(private readonly stores: BrandStoresService) {
    super();
  }

  async run(_arguments: string[], options: { json?: boolean } = {}): Promise<void> {
    const stores = await this.stores.list();
    if (options.json)
      printJson({
        stores: stores.map(({ storeId, brandId, parentId, snaps }) => ({
          store: storeId,
          'brand-id': brandId,
          parent: parentId,
          snaps: snaps.map(({ name, isPrivate }) => ({ name, private: isPrivate })),
        })),
      });
    else
      printTable(
        ['Store', 'Brand', 'Parent', 'Snaps'],
        stores.map(({ storeId, brandId, parentId, snaps }) => [
          storeId,
          brandId,
          parentId ?? '-',
          snaps.map(({ name }) => name).join(',') || '-',
        ]),
      );
  }

  @Option({ flags: '--json', description: 'print one JSON object' })
  parseJson(): boolean {
    return true;
  }
}
