import { ListCategoriesCommand } from './list-categories.command.js';
import { SetCategoriesCommand } from './set-categories.command.js';

/** In the order of `--help`. */
export const CATALOGUE_COMMANDS = [SetCategoriesCommand, ListCategoriesCommand];
