import { CreateKeyCommand } from './create-key.command.js';
import { GenerateKeysCommand } from './generate-keys.command.js';
import { ListKeysCommand } from './list-keys.command.js';

/** In the order in which `--help` shows them. */
export const KEYS_COMMANDS = [CreateKeyCommand, ListKeysCommand, GenerateKeysCommand];
