import { Command } from 'nest-commander';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { printJson, printLine } from '../common/terminal/terminal.js';
import { parseGroupName } from './device-group.js';
import { GroupsService } from './groups.service.js';

const NAME = { name: 'lower-case letters, digits and dashes' };

@Command({
  name: 'create-group',
  arguments: '<name>',
  description: 'create a group of devices, which overrides can be for',
  argsDescription: NAME,
})
@OverTheNetwork({ role: 'operator', scope: 'group' })
export class CreateGroupCommand extends JsonCommand {
  constructor(private readonly groups: GroupsService) {
    super();
  }

  async run([name = '']: string[], options: JsonOption = {}): Promise<void> {
    await this.groups.create(parseGroupName(name));
    if (options.json) printJson({ name, members: [] });
    else printLine(`group ${name} created`);
  }
}

@Command({
  name: 'delete-group',
  arguments: '<name>',
  description: 'delete a group of devices that has no overrides',
  argsDescription: NAME,
})
@OverTheNetwork({ role: 'operator', scope: 'group' })
export class DeleteGroupCommand extends JsonCommand {
  constructor(private readonly groups: GroupsService) {
    super();
  }

  async run([name = '']: string[], options: JsonOption = {}): Promise<void> {
    await this.groups.delete(parseGroupName(name));
    if (options.json) printJson({ name });
    else printLine(`group ${name} deleted`);
  }
}
