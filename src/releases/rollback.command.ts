import { Command, Option } from 'nest-commander';
import { parseChannel } from '../channels/channel.js';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { printJson, printLine } from '../common/terminal/terminal.js';
import { releaseLine, releasesJson } from './release-lines.js';
import { parseArchitecture } from './release-words.js';
import { ReleasesService } from './releases.service.js';

@Command({
  name: 'rollback',
  arguments: '<snap> <channel>',
  description: 'return a channel to its previous revision',
  argsDescription: { snap: "the snap's name", channel: 'channel (track/risk/branch)' },
})
@OverTheNetwork({ role: 'operator', scope: 'release' })
export class RollbackCommand extends JsonCommand {
  constructor(private readonly releases: ReleasesService) {
    super();
  }

  async run(
    [name = '', channel = '']: string[],
    options: JsonOption & { architecture?: string[] } = {},
  ): Promise<void> {
    const outcomes = await this.releases.rollback(name, parseChannel(channel), options.architecture ?? []);
    if (options.json) printJson(releasesJson(name, outcomes));
    else for (const outcome of outcomes) printLine(releaseLine(name, outcome));
  }

  @Option({
    flags: '--architecture <architecture>',
    description: 'roll back only for this architecture (repeatable; default: all of the channel)',
  })
  parseArchitecture(architecture: string, others: string[] = []): string[] {
    return [...others, parseArchitecture(architecture)];
  }
}
