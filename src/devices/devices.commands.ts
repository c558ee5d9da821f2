import { CreateModelCommand } from './create-model.command.js';
import { CreateSerialPolicyCommand } from './create-serial-policy.command.js';
import { CreateCommand, ListCommand } from './create.command.js';
import { ListDevicesCommand } from './list-devices.command.js';
import { ListModelsCommand } from './list-models.command.js';
import { ListSerialPoliciesCommand } from './list-serial-policies.command.js';

/** In the order in which `--help` shows them. */
export const DEVICES_COMMANDS = [
  ListDevicesCommand,
  CreateCommand,
  CreateModelCommand,
  CreateSerialPolicyCommand,
  ListCommand,
  ListModelsCommand,
  ListSerialPoliciesCommand,
];
