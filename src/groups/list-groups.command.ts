import { Command, CommandRunner, Option } from 'nest-commander';
import { printJson, printTable } from '../common/terminal/terminal.js';
import { GroupsService } from './groups.service.js';

@Command({ name: 'list-groups', description: 'list the groups of devices with their members' })
export class ListGroupsCommand extends CommandRunner {
  constructor(private readonly groups: GroupsService) {
    super();
  }

  async run(_arguments: string[], options: { json?: boolean } = {}): Promise<void> {
    const groups = await this.groups.list();
    if (options.json) printJson({ groups });
    else printTable(['Group', 'Kind', 'Member'], groups.flatMap(rowsOf));
  }

  @Option({ flags: '--json', description: 'print one JSON object' })
  parseJson(): boolean {
    return true;
  }
}

function rowsOf({ name, members }: Awaited<ReturnType<GroupsService['list']>>[number]): string[][] {
  if (members.length === 0) return [[name, '-', '-']];
  return members.map(({ kind, value }) => [name, kind, value]);
}
