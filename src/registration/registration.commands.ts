import { CheckPackageCommand } from './package/check-package.command.js';
import { RegisterCommand } from './register.command.js';
import { ReregisterCommand } from './reregister.command.js';

/** In the order in which `--help` shows them. */
export const REGISTRATION_COMMANDS = [RegisterCommand, CheckPackageCommand, ReregisterCommand];
