import { ListCategoriesCommand } from './list-categories.command.js';
import { SetCategoriesCommand } from './set-categories.command.js';

/** In the order in which `--help` shows them. */
export const CATALOGUE_COMMANDS = [SetCategoriesCommand, ListCategoriesCommand];
