import { CheckConnectionsCommand } from './check-connections.command.js';
import { StatusCommand } from './status.command.js';

/** In the order in which `--help` shows them. */
export const STATUS_COMMANDS = [CheckConnectionsCommand, StatusCommand];
