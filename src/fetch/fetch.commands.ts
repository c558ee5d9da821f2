import { ExportCommand, ExportSnapsCommand, FetchSnapsCommand } from './fetch-snaps.command.js';

/** In the order in which `--help` shows them. */
export const FETCH_COMMANDS = [FetchSnapsCommand, ExportCommand, ExportSnapsCommand];
