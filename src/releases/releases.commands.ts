import { CloseCommand } from './close.command.js';
import { HistoryCommand } from './history.command.js';
import { DeleteOverrideCommand } from './overrides/delete-override.command.js';
import { ListOverridesCommand } from './overrides/list-overrides.command.js';
import { OverrideCommand } from './overrides/override.command.js';
import { ReleaseCommand } from './release.command.js';
import { RollbackCommand } from './rollback.command.js';
import { SetDefaultTrackCommand } from './set-default-track.command.js';

/** In the order of `--help`. */
export const RELEASES_COMMANDS = [
  ReleaseCommand,
  CloseCommand,
  HistoryCommand,
  RollbackCommand,
  SetDefaultTrackCommand,
  OverrideCommand,
  ListOverridesCommand,
  DeleteOverrideCommand,
];
