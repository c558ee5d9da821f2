import { AckCommand, PushAccountKeysCommand } from './ack.command.js';
import { InfoCommand } from './info.command.js';
import { ListPushedSnapsCommand } from './list-pushed-snaps.command.js';
import { PushSnapCommand } from './push-snap.command.js';
import { PushStoreCommand } from './push-store.command.js';
import { RemoveAssertionCommand } from './remove-assertion.command.js';

/** The commands, in the order of `--help`. */
export const IMPORTS_COMMANDS = [
  AckCommand,
  PushAccountKeysCommand,
  RemoveAssertionCommand,
  PushSnapCommand,
  PushStoreCommand,
  ListPushedSnapsCommand,
  InfoCommand,
];
