import { ListCategoriesCommand } from './list-categories.command.js';
import { SetCategoriesCommand } from './set-categories.command.js';
import { SetStoreCommand } from './set-store.command.js';

/** In the order in which `--help` shows them. */
export const CATALOGUE_COMMANDS = [SetStoreCommand, SetCategoriesCommand, ListCategoriesCommand];
