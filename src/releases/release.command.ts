import { Command, Option } from 'nest-commander';
import { parseChannel } from '../channels/channel.js';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { parseEnd } from '../common/end-time.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { printJson, printLine } from '../common/terminal/terminal.js';
import { releaseLine, releasesJson } from './release-lines.js';
import { parseArchitecture, parsePercentage, parseRevision } from './release-words.js';
import { ReleasesService } from './releases.service.js';

interface ReleaseOptions extends JsonOption {
  readonly architecture?: string[];
  readonly until?: Date | 'never';
  readonly percentage?: number;
  readonly newTrack?: boolean;
}

@Command({
  name: 'release',
  arguments: '<snap> <revision> <channels...>',
  description: 'release a revision to channels',
  argsDescription: {
    snap: "the snap's name",
    revision: 'its revision',
    channels: 'channels (track/risk/branch); a risk alone means the track latest',
  },
})
@OverTheNetwork({ role: 'operator', scope: 'release' })
export class ReleaseCommand extends JsonCommand {
  constructor(private readonly releases: ReleasesService) {
    super();
  }

  async run([name = '', revision = '', ...channels]: string[], options: ReleaseOptions = {}): Promise<void> {
    const outcomes = await this.releases.release({
      name,
      revision: parseRevision(revision),
      channels: channels.map(parseChannel),
      architectures: options.architecture ?? [],
      until: options.until,
      // 100 percent is an ordinary release.
      percentage: options.percentage === 100 ? undefined : options.percentage,
      newTrack: options.newTrack,
    });
    if (options.json) printJson(releasesJson(name, outcomes));
    else for (const outcome of outcomes) printLine(releaseLine(name, outcome));
  }

  @Option({
    flags: '--architecture <architecture>',
    description:
      'release only for this architecture (repeatable; default: all architectures of the revision)',
  })
  parseArchitecture(architecture: string, others: string[] = []): string[] {
    return [...others, parseArchitecture(architecture)];
  }

  @Option({
    flags: '--until <date>',
    description: 'expire the branch at this date, or never (default: its current expiry)',
  })
  parseUntil(date: string): Date | 'never' {
    return date === 'never' ? date : parseEnd(date);
  }

  @Option({ flags: '--new-track', description: 'allow a track that the snap never had' })
  parseNewTrack(): boolean {
    return true;
  }

  @Option({
    flags: '--percentage <number>',
    description:
      'release to this percentage of devices (1-100); raise it to widen the rollout, 100 completes it',
  })
  parsePercentage(number: string): number {
    return parsePercentage(number);
  }
}
