import { Command, Option } from 'nest-commander';
import type { ReleaseRecord } from '../catalogue/release-record.js';
import { formatChannel, shortChannelName } from '../channels/channel.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { printJson, printTable } from '../common/terminal/terminal.js';
import { parseArchitecture } from './release-words.js';
import { ReleasesService } from './releases.service.js';

@Command({
  name: 'history',
  arguments: '<snap>',
  description: 'list all releases of a snap, the newest first',
  argsDescription: { snap: "the snap's name" },
})
export class HistoryCommand extends JsonCommand {
  constructor(private readonly releases: ReleasesService) {
    super();
  }

  async run([name = '']: string[], options: JsonOption & { architecture?: string } = {}): Promise<void> {
    const all = await this.releases.history(name);
    const { architecture: wanted } = options;
    const shown = all.filter(({ architecture }) => wanted === undefined || architecture === wanted);
    if (options.json) printJson({ name, releases: shown.map(releaseView) });
    else printTable(['Since', 'Channel', 'Architecture', 'Revision', 'Origin'], shown.map(releaseRow));
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
  const { addedAt, channel, architecture, revision, origin, source, percentage, expiresAt } = release;
  const share = percentage === undefined ? '' : ` (${percentage}%)`;
  return [
    addedAt.toISOString(),
    shortChannelName(channel),
    architecture,
    revision === null
      ? 'closed'
      : `${revision}${share}${expiresAt ? ` until ${expiresAt.toISOString()}` : ''}`,
    source ?? origin,
  ];
}

function releaseView(release: ReleaseRecord): object {
  const { addedAt, releasedAt, expiresAt, channel, architecture, revision, origin, source, percentage } =
    release;
  return {
    channel: formatChannel(channel),
    architecture,
    revision,
    ...(percentage !== undefined && { percentage }),
    origin,
    ...(source !== undefined && { source }),
    'added-at': addedAt.toISOString(),
    'released-at': releasedAt.toISOString(),
    ...(expiresAt && { 'expires-at': expiresAt.toISOString() }),
  };
}
