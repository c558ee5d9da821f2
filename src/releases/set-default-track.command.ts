import { Command, Option } from 'nest-commander';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { StoreError } from '../common/errors.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { printJson, printLine } from '../common/terminal/terminal.js';
import { DefaultTrackService, type DefaultTrackChoice } from './default-track.service.js';

interface SetDefaultTrackOptions extends JsonOption {
  readonly none?: boolean;
  readonly imported?: boolean;
}

@Command({
  name: 'set-default-track',
  arguments: '<snap> [track]',
  description: 'set the track for devices that do not name one',
  argsDescription: { snap: "the snap's name", track: 'track with at least one released revision' },
})
@OverTheNetwork({ role: 'operator', scope: 'release' })
export class SetDefaultTrackCommand extends JsonCommand {
  constructor(private readonly tracks: DefaultTrackService) {
    super();
  }

  async run([name = '', track]: string[], options: SetDefaultTrackOptions = {}): Promise<void> {
    const outcome = await this.tracks.choose(name, choiceOf(name, track, options));
    if (options.json) printJson({ name, 'default-track': outcome.track, changed: outcome.changed });
    else
      printLine(`${name} default track ${outcome.track ?? 'none'}${outcome.changed ? '' : ' (unchanged)'}`);
  }

  @Option({
    flags: '--none',
    description: 'remove the default track: devices that do not name a track get latest',
  })
  parseNone(): boolean {
    return true;
  }

  @Option({ flags: '--imported', description: 'use the default track that was imported with the snap' })
  parseImported(): boolean {
    return true;
  }
}

/** @throws StoreError `invalid-request` unless exactly one of a track and the options is given */
function choiceOf(
  name: string,
  track: string | undefined,
  { none, imported }: SetDefaultTrackOptions,
): DefaultTrackChoice {
  const ways = [track !== undefined, none === true, imported === true].filter(Boolean).length;
  if (ways !== 1)
    throw new StoreError(
      'invalid-request',
      `cannot set the default track of ${name}: give either a track, or --none, or --imported`,
    );
  if (track !== undefined) return { track };
  return none === true ? 'none' : 'imported';
}
