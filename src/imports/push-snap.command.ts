import { Command, Option } from 'nest-commander';
import { withStandardInput } from '../bundles/reading/standard-input-file.js';
import { parseChannel } from '../channels/channel.js';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { StoreError } from '../common/errors.js';
import { NO_PROGRESS, shownProgress } from '../common/terminal/progress.js';
import { isTerminal, printError, printJson, printLine, printNote } from '../common/terminal/terminal.js';
import { ImportBatchService, pushSummary, type FileOutcome } from './import-batch.service.js';
import { DEFAULT_CHANNELS } from './import-options.js';
import { bundleLines, dryRunLines, reportLines } from './import-report.js';
import { missingSnapLines, MissingSnapsService, type MissingSnap } from './missing-snaps.service.js';
import { PushCommand, type PushOptions } from './push-options.js';
import { missingView, outcomeView } from './push.view.js';

interface PushSnapOptions extends PushOptions {
  readonly channel?: string[];
  readonly newTrack?: boolean;
}

@Command({
  name: 'push-snap',
  arguments: '<files...>',
  description: 'verify snaps and import them into the store',
  argsDescription: {
    files:
      'bundles (tar.gz), .snap files with the .assert and .comp files that `snap download` writes next to them, folders of such files, or - for the standard input',
  },
})
@OverTheNetwork({
  role: 'operator',
  scope: 'import',
  files: ['<files>'],
  uploads: true,
})
export class PushSnapCommand extends PushCommand {
  constructor(
    private readonly imports: ImportBatchService,
    private readonly missing: MissingSnapsService,
  ) {
    super();
  }

  async run(files: string[], options: PushSnapOptions = {}): Promise<void> {
    const channels = (options.channel ?? DEFAULT_CHANNELS).map(parseChannel);
    const isJson = options.json === true;
    const outcomes = await withStandardInput(
      files,
      'push',
      async (given) =>
        await this.imports.push(
          given,
          {
            channels,
            pushChannelMap: options.pushChannelMap === true,
            dryRun: options.dryRun === true,
            claim: { storeId: options.store },
            knownTracksOnly: options.newTrack !== true,
          },
          {
            progress: () => (isJson ? NO_PROGRESS : shownProgress('plain')),
            onNote: printNote,
            onOutcome: (outcome) => printOutcome(outcome, isJson),
          },
        ),
    );
    // If one of several files fails, the missing snaps of the others are still reported.
    const missing = await this.missingOf(outcomes);
    if (isJson) printJson({ files: outcomes.map(outcomeView), missing: missing.map(missingView) });
    else for (const line of missingSnapLines(missing)) printLine(line);
    conclude(outcomes);
  }

  /** Empty if the connection to the database was lost; the outcome of a file already says so. */
  private async missingOf(outcomes: readonly FileOutcome[]): Promise<MissingSnap[]> {
    try {
      return await this.missing.of(outcomes.flatMap(({ report }) => report ?? []));
    } catch (error) {
      if (outcomes.some((outcome) => outcome.error?.code === 'database-unavailable')) return [];
      throw error;
    }
  }

  @Option({
    flags: '--channel <channel>',
    description: 'channel to release a bare .snap file to (repeatable; default: latest/stable)',
  })
  parseChannelOption(channel: string, before: string[] = []): string[] {
    return [...before, channel];
  }

  @Option({
    flags: '--new-track',
    description: 'allow --channel to name a track that the snap never had',
  })
  parseNewTrack(): boolean {
    return true;
  }
}

/** Prints the outcome of one file as soon as it is known. */
function printOutcome({ report, error }: FileOutcome, isJson: boolean): void {
  if (error) printError(error);
  if (!report) return;
  for (const line of bundleLines(report.file, report, new Date())) printNote(line);
  const lines = report.isDryRun ? dryRunLines(report, isTerminal()) : reportLines(report);
  if (!isJson) for (const line of lines) printLine(line);
}

/** Prints the summary of the files that were not pushed, and sets the exit status. */
function conclude(outcomes: readonly FileOutcome[]): void {
  if (outcomes.every(({ error }) => error === undefined)) return;
  const summary = pushSummary(outcomes);
  if (summary !== undefined) throw new StoreError('invalid-request', summary);
  process.exitCode = 1;
}
