import { AddStoreCommand, RemoveStoreCommand } from './add-store.command.js';
import { ListStoresCommand } from './list-stores.command.js';
import { SetStoreCommand } from './set-store.command.js';

/** In the order of `--help`. */
export const BRAND_STORES_COMMANDS = [
  SetStoreCommand,
  AddStoreCommand,
  RemoveStoreCommand,
  ListStoresCommand,
];
