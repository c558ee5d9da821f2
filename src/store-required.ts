import type { Command } from 'commander';
import { commandWords } from './common/command-line/command-words.js';
import { StoreError } from './common/errors.js';
import type { UnitConfigService } from './settings/unit-config.service.js';

/** Commands that only show data of a store, with all their words. */
const READING: ReadonlySet<string> = new Set([
  'status',
  'info',
  'history',
  'list-pushed-snaps',
  'list-stores',
  'list-devices',
  'list-deltas',
  'list-categories',
  'list-groups',
  'list-overrides',
  'list keys',
  'list models',
  'list serial-policies',
  'secrets-key',
  'secrets-key export',
]);

function isReading(command: Command, isOfUnit: (key: string) => boolean): boolean {
  if (READING.has(commandWords(command))) return true;
  if (commandWords(command) !== 'config') return false;
  const { args } = command;
  const options: { readonly importYaml?: boolean } = command.opts();
  if (options.importYaml === true || args.some((word) => word.includes('='))) return false;
  // The unit's own settings can be shown without a database.
  return args.length === 0 || !args.every(isOfUnit);
}

/**
 * Prevents a read-only command from creating a new, empty store. If there is none, the directory is most likely
 * mistyped.
 *
 * @param isOfUnit - whether a setting is stored outside the database
 * @throws StoreError `not-configured` if the data directory contains no store
 */
export function checkStoreExists(
  command: Command,
  unit: UnitConfigService,
  isOfUnit: (key: string) => boolean,
): void {
  if (!isReading(command, isOfUnit)) return;
  if (Object.keys(unit.readFile()).length > 0 || unit.hasEmbeddedDatabase) return;
  throw new StoreError(
    'not-configured',
    `cannot run ${commandWords(command)}: there is no store in ${unit.dataDir}; name its directory with --data, or start a new store, for example with \`snap-store-proxy config proxy.domain=NAME\``,
  );
}
