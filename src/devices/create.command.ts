import { Command, CommandRunner } from 'nest-commander';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { StoreError } from '../common/errors.js';
import { CreateKeyCommand } from '../keys/create-key.command.js';
import { ListKeysCommand } from '../keys/list-keys.command.js';
import { CreateModelCommand } from './create-model.command.js';
import { CreateSerialPolicyCommand } from './create-serial-policy.command.js';
import { ListModelsCommand } from './list-models.command.js';
import { ListSerialPoliciesCommand } from './list-serial-policies.command.js';

@Command({
  name: 'create',
  description: 'create keys, models and serial policies for device registration',
  subCommands: [CreateKeyCommand, CreateModelCommand, CreateSerialPolicyCommand],
})
@OverTheNetwork({ role: 'admin', scope: 'setting' })
export class CreateCommand extends CommandRunner {
  run(words: string[]): Promise<void> {
    throw new StoreError(
      'invalid-request',
      `cannot create ${JSON.stringify(words[0] ?? '')}: use \`create key\`, \`create model\` or \`create serial-policy\``,
    );
  }
}

@Command({
  name: 'list',
  description: 'list keys, models and serial policies for device registration',
  subCommands: [ListKeysCommand, ListModelsCommand, ListSerialPoliciesCommand],
})
@OverTheNetwork({ role: 'viewer', scope: 'read' })
export class ListCommand extends CommandRunner {
  run(words: string[]): Promise<void> {
    throw new StoreError(
      'invalid-request',
      `cannot list ${JSON.stringify(words[0] ?? '')}: use \`list keys\`, \`list models\` or \`list serial-policies\``,
    );
  }
}
