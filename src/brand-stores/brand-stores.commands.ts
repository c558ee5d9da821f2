import { AddStoreCommand, RemoveStoreCommand } from './add-store.command.js';
import { ListStoresCommand } from './list-stores.command.js';

/** In the order in which `--help` shows them. */
export const BRAND_STORES_COMMANDS = [AddStoreCommand, RemoveStoreCommand, ListStoresCommand];
