import { Command, Option } from 'nest-commander';
import { parseChannel } from '../../channels/channel.js';
import { OverTheNetwork } from '../../common/command-line/over-the-network.js';
import { parseEnd } from '../../common/end-time.js';
import { StoreError } from '../../common/errors.js';
import { JsonCommand, type JsonOption } from '../../common/terminal/json-command.js';
import { printJson, printLine } from '../../common/terminal/terminal.js';
import { parseGroupName } from '../../groups/device-group.js';
import { parseRevision } from '../release-words.js';
import { overrideLine } from './override-lines.js';
import { OverridesService, type OverrideRequest } from './overrides.service.js';
import { overridesView } from './overrides.view.js';

interface OverrideOptions extends JsonOption {
  readonly until?: Date;
  readonly group?: string;
  readonly newTrack?: boolean;
}

@Command({
  name: 'override',
  arguments: '<snap> <channel=revision...>',
  description: 'pin devices on a channel to a revision, independent of its releases',
  argsDescription: {
    snap: "the snap's name",
    'channel=revision': 'channel (track/risk/branch) and revision, such as stable=11',
  },
})
@OverTheNetwork({ role: 'operator', scope: 'release' })
export class OverrideCommand extends JsonCommand {
  constructor(private readonly overrides: OverridesService) {
    super();
  }

  async run([name = '', ...words]: string[], options: OverrideOptions = {}): Promise<void> {
    const requests = words.map((word) => overrideRequest(name, word, options));
    const applied = await this.overrides.apply(requests);
    if (options.json) printJson(overridesView(applied));
    else for (const override of applied) printLine(overrideLine(override));
  }

  @Option({ flags: '--until <date>', description: 'expire at this date' })
  parseUntil(date: string): Date {
    return parseEnd(date);
  }

  @Option({ flags: '--group <name>', description: 'override only for the devices of this group' })
  parseGroup(name: string): string {
    return parseGroupName(name);
  }

  @Option({ flags: '--new-track', description: 'allow a track that the snap never had' })
  parseNewTrack(): boolean {
    return true;
  }
}

function overrideRequest(
  name: string,
  word: string,
  { until, group, newTrack }: OverrideOptions,
): OverrideRequest {
  const end = word.lastIndexOf('=');
  if (end < 0)
    throw new StoreError(
      'invalid-request',
      `cannot override ${name}: ${JSON.stringify(word.slice(0, 80))} is not CHANNEL=REVISION, such as stable=11`,
    );
  const channel = parseChannel(word.slice(0, end));
  return {
    name,
    channel,
    revision: parseRevision(word.slice(end + 1)),
    until,
    group,
    ...(newTrack === true && { tracks: 'any' }),
  };
}
