import { ListDeltasCommand } from './list-deltas.command.js';

/** In the order in which `--help` shows them. */
export const DELTAS_COMMANDS = [ListDeltasCommand];
