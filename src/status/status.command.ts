import { Command, CommandRunner, Option } from 'nest-commander';
import { printJson, printLine } from '../common/terminal.js';
import { StatusService, type Status } from './status.service.js';

function statusLines({ dataDirectory, database, storeId, storeUrl, counts }: Status): string[] {
  return [
    `Store URL: ${storeUrl ?? 'not registered'}`,
    `Store DB: ${database}`,
    `Store ID: ${storeId ?? 'not registered'}`,
    `Data directory: ${dataDirectory}`,
    ...(counts
      ? [
          `Snaps: ${counts.snaps}`,
          `Snap revisions: ${counts.revisions}`,
          `Assertions: ${counts.assertions}`,
          `Stored bytes: ${counts.blobBytes}`,
        ]
      : []),
  ];
}

@Command({ name: 'status', description: 'show the store, its database and how much it holds' })
export class StatusCommand extends CommandRunner {
  constructor(private readonly status: StatusService) {
    super();
  }

  async run(_arguments: string[], options: { json?: boolean } = {}): Promise<void> {
    const status = await this.status.get();
    if (options.json)
      printJson({
        'data-directory': status.dataDirectory,
        database: status.database,
        'store-id': status.storeId ?? null,
        'store-url': status.storeUrl ?? null,
        ...countsView(status),
      });
    else for (const line of statusLines(status)) printLine(line);
    if (status.database !== 'ok') process.exitCode = 1;
  }

  @Option({ flags: '--json', description: 'print one JSON object' })
  parseJson(): boolean {
    return true;
  }
}

function countsView({ counts }: Status): object {
  if (!counts) return {};
  return {
    snaps: counts.snaps,
    'snap-revisions': counts.revisions,
    assertions: counts.assertions,
    'stored-bytes': counts.blobBytes,
  };
}
