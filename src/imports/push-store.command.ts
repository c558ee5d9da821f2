import { Command, Option } from 'nest-commander';
import { storeJson, storeLine } from '../brand-stores/store-outcome.view.js';
import { parseChannel } from '../channels/channel.js';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { NO_PROGRESS } from '../common/terminal/progress.js';
import { isTerminal, printJson, printLine } from '../common/terminal/terminal.js';
import { dryRunLines, reportLines, type ImportReport } from './import-report.js';
import { ImportService } from './import.service.js';
import { PushCommand, type PushOptions } from './push-options.js';

@Command({
  name: 'push-store',
  arguments: '<file>',
  description: 'verify the export of a brand store and import it into the store',
  argsDescription: { file: 'an archive of store assertions and snaps, or an assertion stream with a store' },
})
@OverTheNetwork({
  role: 'operator',
  scope: 'import',
  files: ['<file>'],
  uploads: true,
})
export class PushStoreCommand extends PushCommand {
  constructor(private readonly imports: ImportService) {
    super();
  }

  async run([file = '']: string[], options: PushOptions = {}): Promise<void> {
    const report = await this.imports.import(
      file,
      {
        channels: [parseChannel('latest/stable')],
        pushChannelMap: options.pushChannelMap === true,
        dryRun: options.dryRun === true,
        claim: { storeId: options.store, isStoreExport: true },
      },
      NO_PROGRESS,
    );
    if (options.json) printJson(storeReportView(report));
    else for (const line of storeReportLines(report)) printLine(line);
  }

  @Option({
    flags: '--store <store>',
    description: 'the store that its snaps belong to, if the file contains several',
  })
  override parseStore(store: string): string {
    return store;
  }
}

/** The snaps first, then each store; the lines are the same as those of the original. */
function storeReportLines(report: ImportReport): string[] {
  if (report.isDryRun)
    return [
      ...dryRunLines(report, isTerminal()),
      ...(report.changed ? report.stores.map(({ storeId }) => `Would push store ${storeId}`) : []),
    ];
  const stores = report.stores.flatMap((store) => [`Pushing store ${store.storeId}`, storeLine(store)]);
  return [...reportLines(report), ...stores];
}

function storeReportView({ file, isDryRun, changed, assertionsAdded, stores, snaps }: ImportReport): object {
  return {
    file,
    ...(isDryRun && { 'dry-run': true }),
    changed,
    'assertions-added': assertionsAdded,
    stores: stores.map(storeJson),
    snaps: snaps.map(({ name, snapId, store }) => ({ name, 'snap-id': snapId, store: store ?? null })),
  };
}
