import { Command, CommandRunner, Option } from 'nest-commander';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { StoreError } from '../common/errors.js';
import { printLine } from '../common/terminal/terminal.js';
import { CategoriesService } from './categories.service.js';
import { FEATURED } from './snap.js';

interface SetCategoriesOptions {
  readonly featured?: boolean;
  readonly none?: boolean;
  readonly imported?: boolean;
}

@Command({
  name: 'set-categories',
  arguments: '<snap> [categories...]',
  description: 'set the categories of a snap',
  argsDescription: {
    snap: "the snap's name",
    categories: 'all categories of the snap, such as utilities',
  },
})
@OverTheNetwork({ role: 'operator', scope: 'release' })
export class SetCategoriesCommand extends CommandRunner {
  constructor(private readonly categories: CategoriesService) {
    super();
  }

  // Commander passes one value for each argument, and a list for the last.
  async run(words: string[], options: SetCategoriesOptions = {}): Promise<void> {
    const [snap = '', ...named] = words.flat();
    const wanted = options.featured === true ? [...named, FEATURED] : named;
    checkOneWay(snap, wanted, options);
    const chosen = options.imported === true ? null : wanted;
    const { categories, changed } = await this.categories.choose(snap, chosen);
    const list = categories.map(({ name }) => name).join(', ') || 'none';
    printLine(`[snap ${snap}] Categories: ${list}${changed ? '' : ' (unchanged)'}`);
  }

  @Option({
    flags: '--featured',
    description: 'also add the category featured, which `snap find` shows by default',
  })
  parseFeatured(): boolean {
    return true;
  }

  @Option({ flags: '--none', description: 'remove all categories' })
  parseNone(): boolean {
    return true;
  }

  @Option({
    flags: '--imported',
    description: 'use the categories that were imported with the snap',
  })
  parseImported(): boolean {
    return true;
  }
}

/** @throws StoreError `invalid-request` unless exactly one of categories, `--none` and `--imported` is given */
function checkOneWay(
  snap: string,
  wanted: readonly string[],
  { none, imported }: SetCategoriesOptions,
): void {
  const ways = [wanted.length > 0, none === true, imported === true].filter(Boolean).length;
  if (ways === 1) return;
  throw new StoreError(
    'invalid-request',
    `cannot set the categories of ${JSON.stringify(snap.slice(0, 80))}: give either categories (with or without --featured), or --none, or --imported`,
  );
}
