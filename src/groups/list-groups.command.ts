import { Command } from 'nest-commander';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { printJson, printTable } from '../common/terminal/terminal.js';
import { GroupsService } from './groups.service.js';

@Command({ name: 'list-groups', description: 'list the groups of devices with their members' })
@OverTheNetwork({ role: 'viewer', scope: 'read' })
export class ListGroupsCommand extends JsonCommand {
  constructor(private readonly groups: GroupsService) {
    super();
  }

  async run(_arguments: string[], options: JsonOption = {}): Promise<void> {
    const groups = await this.groups.list();
    if (options.json) printJson({ groups });
    else printTable(['Group', 'Kind', 'Member'], groups.flatMap(rowsOf));
  }
}

function rowsOf({ name, members }: Awaited<ReturnType<GroupsService['list']>>[number]): string[][] {
  if (members.length === 0) return [[name, '-', '-']];
  return members.map(({ kind, value }) => [name, kind, value]);
}
