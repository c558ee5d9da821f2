import { Command } from 'nest-commander';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { printJson, printTable } from '../common/terminal/terminal.js';
import { BrandStoresService } from './brand-stores.service.js';

@Command({ name: 'list-stores', description: 'list the brand stores and their snaps' })
@OverTheNetwork({ role: 'viewer', scope: 'read' })
export class ListStoresCommand extends JsonCommand {
  constructor(private readonly stores: BrandStoresService) {
    super();
  }

  async run(_arguments: string[], options: JsonOption = {}): Promise<void> {
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
}
