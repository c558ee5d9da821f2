import type { Command } from 'commander';
import { StoreError } from './common/errors.js';

/** A command of the original that does not exist here: its words, and what to use instead. */
interface ForeignCommand {
  readonly words: readonly [name: string, subcommand?: string];
  readonly instead: string;
}

const NO_CHARMS = 'this store serves snaps only; charms have no replacement here';
const NO_TOKEN =
  'no token is needed: `fetch-snaps` fetches what the store publishes, and the management password authenticates the overrides API';
const BRAND_STORE =
  'export the brand store with `store-admin export store` on a connected machine, and import the file with `snap-store-proxy push-store FILE`';

/**
 * Commands of the Enterprise Store, its earlier names and its tool `store-admin`, as far as their documents
 * name them.
 */
export const FOREIGN_COMMANDS: readonly ForeignCommand[] = [
  {
    words: ['create-database'],
    instead:
      '`snap-store-proxy config proxy.db.connection=URL` prepares an empty database; without it the program runs its own PostgreSQL',
  },
  { words: ['push-charms'], instead: NO_CHARMS },
  { words: ['push-charm-bundle'], instead: NO_CHARMS },
  { words: ['export', 'bundle'], instead: NO_CHARMS },
  { words: ['export', 'charms'], instead: NO_CHARMS },
  { words: ['fetch-brand-store-metadata'], instead: BRAND_STORE },
  { words: ['push-brand-store-metadata'], instead: BRAND_STORE },
  { words: ['export', 'store'], instead: BRAND_STORE },
  { words: ['export', 'token'], instead: NO_TOKEN },
  { words: ['login'], instead: NO_TOKEN },
  {
    words: ['fetch-account-keys'],
    instead:
      'on a connected machine, `snap known --remote account-key public-key-sha3-384=KEY > key.assert`; then `snap-store-proxy push-account-keys key.assert` here',
  },
  {
    words: ['register-key'],
    instead:
      'register the key with the upstream store from a connected machine, and import its account-key with `snap-store-proxy push-account-keys FILE`',
  },
  {
    words: ['migrate-from-beta'],
    instead: 'set the values with `snap-store-proxy config KEY=VALUE`, or with `config --import-yaml`',
  },
];

/**
 * Recognises the commands of the original and tells what to use instead. They are in no list.
 *
 * @param program - with all commands of this program, which stay unchanged
 */
export function addForeignCommands(program: Command): void {
  for (const { words, instead } of FOREIGN_COMMANDS) {
    const [first, second] = words;
    const parent =
      second === undefined ? program : program.commands.find((command) => command.name() === first);
    parent
      ?.command(second ?? first, { hidden: true })
      .argument('[words...]')
      .allowUnknownOption()
      .helpOption(false)
      .action(() => {
        throw new StoreError(
          'unsupported',
          `cannot ${words.filter((word) => word !== undefined).join(' ')}: the command does not exist here; ${instead}`,
        );
      });
  }
}
