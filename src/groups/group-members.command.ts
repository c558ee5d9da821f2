import { Command, Option } from 'nest-commander';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { StoreError } from '../common/errors.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { printJson, printLine } from '../common/terminal/terminal.js';
import { parseGroupName, parseMember, type GroupMember } from './device-group.js';
import { GroupsService } from './groups.service.js';

interface MemberOptions extends JsonOption {
  readonly serial?: GroupMember[];
  readonly model?: GroupMember[];
  readonly store?: GroupMember[];
}

/** The options that select devices. */
abstract class MembersCommand extends JsonCommand {
  @Option({ flags: '--serial <brand/model/serial>', description: 'one device; repeatable' })
  parseSerial(word: string, others: GroupMember[] = []): GroupMember[] {
    return [...others, parseMember('serial', word)];
  }

  @Option({ flags: '--model <brand/model>', description: 'every device of a model; repeatable' })
  parseModel(word: string, others: GroupMember[] = []): GroupMember[] {
    return [...others, parseMember('model', word)];
  }

  @Option({
    flags: '--store <store-id>',
    description: 'every device whose model names this store; repeatable',
  })
  parseStore(word: string, others: GroupMember[] = []): GroupMember[] {
    return [...others, parseMember('store', word)];
  }
}

/** @throws StoreError `invalid-request` if no device is named */
function membersOf(what: string, { serial = [], model = [], store = [] }: MemberOptions): GroupMember[] {
  const members = [...serial, ...model, ...store];
  if (members.length > 0) return members;
  throw new StoreError('invalid-request', `cannot ${what}: name devices with --serial, --model or --store`);
}

@Command({
  name: 'add-to-group',
  arguments: '<group>',
  description: 'add devices to a group, by serial, by model or by store',
  argsDescription: { group: "the group's name" },
})
@OverTheNetwork({ role: 'operator', scope: 'group' })
export class AddToGroupCommand extends MembersCommand {
  constructor(private readonly groups: GroupsService) {
    super();
  }

  async run([word = '']: string[], options: MemberOptions = {}): Promise<void> {
    const name = parseGroupName(word);
    const members = membersOf(`add to group ${name}`, options);
    const added = await this.groups.add(name, members);
    if (options.json) printJson({ name, added });
    else printLine(`group ${name}: ${added} added`);
  }
}

@Command({
  name: 'remove-from-group',
  arguments: '<group>',
  description: 'remove devices from a group; name them as they were added',
  argsDescription: { group: "the group's name" },
})
@OverTheNetwork({ role: 'operator', scope: 'group' })
export class RemoveFromGroupCommand extends MembersCommand {
  constructor(private readonly groups: GroupsService) {
    super();
  }

  async run([word = '']: string[], options: MemberOptions = {}): Promise<void> {
    const name = parseGroupName(word);
    const members = membersOf(`remove from group ${name}`, options);
    await this.groups.remove(name, members);
    if (options.json) printJson({ name, removed: members.length });
    else printLine(`group ${name}: ${members.length} removed`);
  }
}
