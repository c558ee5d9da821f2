import { RemoveCaCertsCommand, UseCaCertsCommand } from './ca-certs.command.js';
import { ConfigCommand } from './config.command.js';

/** In the order of `--help`. */
export const SETTINGS_COMMANDS = [ConfigCommand, UseCaCertsCommand, RemoveCaCertsCommand];
