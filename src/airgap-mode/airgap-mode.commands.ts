import { EnableAirgapModeCommand } from './enable-airgap-mode.command.js';

/** In the order in which `--help` shows them. */
export const AIRGAP_MODE_COMMANDS = [EnableAirgapModeCommand];
