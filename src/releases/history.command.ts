import { Command, Option } from 'nest-commander';
import type { ReleaseRecord } from '../catalogue/release-record.js';
import { shortChannelName } from '../channels/channel.js';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { printJson, printTable } from '../common/terminal/terminal.js';
import { historyEntryView } from './history.view.js';
import { parseArchitecture } from './release-words.js';
import { ReleasesService } from './releases.service.js';

@Command({
  name: 'history',
  arguments: '<snap>',
  description: 'list all releases of a snap, the newest first',
  argsDescription: { snap: "the snap's name" },
})
@OverTheNetwork({ role: 'viewer', scope: 'read' })
export class HistoryCommand extends JsonCommand {
  constructor(private readonly releases: ReleasesService) {
    super();
  }

  async run([name = '']: string[], options: JsonOption & { architecture?: string } = {}): Promise<void> {
    const all = await this.releases.history(name);
    const { architecture: wanted } = options;
    const shown = all.filter(({ architecture }) => wanted === undefined || architecture === wanted);
    if (options.json) printJson({ name, releases: shown.map(historyEntryView) });
    else printTable(['Since', 'Channel', 'Architecture', 'Revision', 'Origin', 'By'], shown.map(releaseRow));
  }

  @Option({
    flags: '--architecture <architecture>',
    description: 'list only the releases for this architecture',
  })
  parseArchitecture(architecture: string): string {
    return parseArchitecture(architecture);
  }
}

function releaseRow(release: ReleaseRecord): string[] {
  const { addedAt, channel, architecture, revision, origin, source, percentage, expiresAt, actor } = release;
  const share = percentage === undefined ? '' : ` (${percentage}%)`;
  return [
    addedAt.toISOString(),
    shortChannelName(channel),
    architecture,
    revision === null
      ? 'closed'
      : `${revision}${share}${expiresAt ? ` until ${expiresAt.toISOString()}` : ''}`,
    source ?? origin,
    actor ? `${actor.kind} ${actor.name}` : '-',
  ];
}
