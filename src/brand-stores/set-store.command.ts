import { Command, Option } from 'nest-commander';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { StoreError } from '../common/errors.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { printJson, printLine } from '../common/terminal/terminal.js';
import { GLOBAL_STORE } from './brand-store.js';
import { SnapStoreService } from './snap-store.service.js';

interface SetStoreOptions extends JsonOption {
  readonly public?: boolean;
  readonly private?: boolean;
}

@Command({
  name: 'set-store',
  arguments: '<snap> [store]',
  description: "put a snap into a brand store, or make it everybody's",
  argsDescription: { snap: "the snap's name", store: 'the id of a brand store, see list-stores' },
})
@OverTheNetwork({ role: 'operator', scope: 'release' })
export class SetStoreCommand extends JsonCommand {
  constructor(private readonly snapStores: SnapStoreService) {
    super();
  }

  async run([name = '', storeId]: string[], options: SetStoreOptions = {}): Promise<void> {
    if ((storeId === undefined) !== (options.public === true))
      throw new StoreError(
        'invalid-request',
        `cannot set the store of ${JSON.stringify(name.slice(0, 80))}: give either a store id or --public`,
      );
    const isPrivate = options.private === true;
    const changed = await this.snapStores.choose(name, { storeId: storeId ?? null, isPrivate });
    const store = storeId ?? GLOBAL_STORE;
    if (options.json) printJson({ name, store, private: isPrivate, changed });
    else
      printLine(
        `[snap ${name}] Store: ${store}${isPrivate ? ', private' : ''}${changed ? '' : ' (unchanged)'}`,
      );
  }

  @Option({ flags: '--public', description: "everybody's: every device gets it" })
  parsePublic(): boolean {
    return true;
  }

  @Option({ flags: '--private', description: 'only by its name: searches do not list it' })
  parsePrivate(): boolean {
    return true;
  }
}
