import { RemoveCaCertsCommand, UseCaCertsCommand } from './ca-certs.command.js';
import { ConfigCommand } from './config.command.js';

/** In the order in which `--help` shows them. */
export const SETTINGS_COMMANDS = [ConfigCommand, UseCaCertsCommand, RemoveCaCertsCommand];
