import { ListDeltasCommand } from './list-deltas.command.js';

/** In the order of `--help`. */
export const DELTAS_COMMANDS = [ListDeltasCommand];
