import { Command, Option } from 'nest-commander';
import { parseChannel } from '../../channels/channel.js';
import { OverTheNetwork } from '../../common/command-line/over-the-network.js';
import { JsonCommand, type JsonOption } from '../../common/terminal/json-command.js';
import { printJson, printLine } from '../../common/terminal/terminal.js';
import { parseGroupName } from '../../groups/device-group.js';
import { deletedLine } from './override-lines.js';
import { OverridesService } from './overrides.service.js';
import { overridesView } from './overrides.view.js';

@Command({
  name: 'delete-override',
  arguments: '<snap> <channel>',
  description: 'delete the override of a channel, for all architectures',
  argsDescription: { snap: "the snap's name", channel: 'channel (track/risk/branch)' },
})
@OverTheNetwork({ role: 'operator', scope: 'release' })
export class DeleteOverrideCommand extends JsonCommand {
  constructor(private readonly overrides: OverridesService) {
    super();
  }

  async run(
    [name = '', channel = '']: string[],
    options: JsonOption & { group?: string } = {},
  ): Promise<void> {
    const request = {
      name,
      channel: parseChannel(channel),
      revision: null,
      until: undefined,
      group: options.group,
    };
    const deleted = await this.overrides.apply([request]);
    if (options.json) printJson(overridesView(deleted));
    else for (const override of deleted) printLine(deletedLine(override));
  }

  @Option({
    flags: '--group <name>',
    description: 'delete the override for this group, not the one for all devices',
  })
  parseGroup(name: string): string {
    return parseGroupName(name);
  }
}
