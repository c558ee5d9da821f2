import { Command, Option } from 'nest-commander';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { StoreError } from '../common/errors.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { printJson, printLine } from '../common/terminal/terminal.js';
import { BrandStoresService } from './brand-stores.service.js';
import { storeJson, storeLine } from './store-outcome.view.js';

interface AddStoreOptions extends JsonOption {
  readonly brand: string;
  readonly parent?: string;
  readonly withoutParent?: boolean;
}

@Command({
  name: 'add-store',
  arguments: '<store>',
  description: 'add a brand store, or change its brand and parent',
  argsDescription: { store: 'the store id, as models name it' },
})
@OverTheNetwork({ role: 'admin', scope: 'setting' })
export class AddStoreCommand extends JsonCommand {
  constructor(private readonly stores: BrandStoresService) {
    super();
  }

  async run([storeId = '']: string[], options: AddStoreOptions): Promise<void> {
    if (options.parent !== undefined && options.withoutParent === true)
      throw new StoreError(
        'invalid-request',
        `cannot add store ${JSON.stringify(storeId.slice(0, 80))}: give either --parent or --without-parent`,
      );
    const parentId = options.withoutParent === true ? null : options.parent;
    const outcome = await this.stores.add({ storeId, brandId: options.brand, parentId });
    if (options.json) printJson(storeJson(outcome));
    else printLine(storeLine(outcome));
  }

  @Option({ flags: '--brand <account-id>', description: 'the account whose models name it', required: true })
  parseBrand(brand: string): string {
    return brand;
  }

  @Option({ flags: '--parent <store>', description: 'store whose snaps its devices get too' })
  parseParent(parent: string): string {
    return parent;
  }

  @Option({
    flags: '--without-parent',
    description: 'give its devices only its own snaps and the public ones',
  })
  parseWithoutParent(): boolean {
    return true;
  }
}

@Command({
  name: 'remove-store',
  arguments: '<store>',
  description: 'remove a brand store that has no snaps',
  argsDescription: { store: 'the store id' },
})
@OverTheNetwork({ role: 'admin', scope: 'setting' })
export class RemoveStoreCommand extends JsonCommand {
  constructor(private readonly stores: BrandStoresService) {
    super();
  }

  async run([storeId = '']: string[], options: JsonOption = {}): Promise<void> {
    await this.stores.remove(storeId);
    if (options.json) printJson({ store: storeId, outcome: 'removed' });
    else printLine(`[store ${storeId}] removed`);
  }
}
