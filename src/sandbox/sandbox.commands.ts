import { DemoCommand } from './demo.command.js';
import { SandboxCommand } from './sandbox.command.js';

/** In the order in which `--help` shows them. */
export const SANDBOX_COMMANDS = [DemoCommand, SandboxCommand];
