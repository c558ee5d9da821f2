import { Command, Option } from 'nest-commander';
import { parseChannel } from '../channels/channel.js';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { printJson, printLine } from '../common/terminal/terminal.js';
import { releaseLine, releasesJson } from './release-lines.js';
import { parseArchitecture } from './release-words.js';
import { ReleasesService } from './releases.service.js';

@Command({
  name: 'close',
  arguments: '<snap> <channels...>',
  description: 'close channels, so that their devices get the next safer risk',
  argsDescription: { snap: "the snap's name", channels: 'channels (track/risk/branch)' },
})
@OverTheNetwork({ role: 'operator', scope: 'release' })
export class CloseCommand extends JsonCommand {
  constructor(private readonly releases: ReleasesService) {
    super();
  }

  async run(
    [name = '', ...channels]: string[],
    options: JsonOption & { architecture?: string[] } = {},
  ): Promise<void> {
    const outcomes = await this.releases.close(name, channels.map(parseChannel), options.architecture ?? []);
    if (options.json) printJson(releasesJson(name, outcomes));
    else for (const outcome of outcomes) printLine(releaseLine(name, outcome));
  }

  @Option({
    flags: '--architecture <architecture>',
    description: 'close only for this architecture (repeatable; default: all that are open)',
  })
  parseArchitecture(architecture: string, others: string[] = []): string[] {
    return [...others, parseArchitecture(architecture)];
  }
}
