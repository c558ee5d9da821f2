import { resolve } from 'node:path';
import { Command, CommandRunner, Option } from 'nest-commander';
import { digestToHex } from '../common/digest.js';
import { StoreError } from '../common/errors.js';
import { printJson, printLine, printNote, progressBar } from '../common/terminal.js';
import { parseChannel } from '../snaps/channel/channel.js';
import {
  bundleLines,
  dryRunLines,
  reportLines,
  type BundleFacts,
  type ImportReport,
  type SnapOutcome,
} from './import-report.js';
import { ImportService, type ImportProgress } from './import.service.js';
import { componentFilesOf } from './pair-input.js';

interface PushSnapOptions {
  readonly channel?: string[];
  readonly pushChannelMap?: boolean;
  readonly dryRun?: boolean;
  readonly store?: string;
  readonly json?: boolean;
}

const DEFAULT_CHANNELS = ['latest/stable'];

@Command({
  name: 'push-snap',
  arguments: '<files...>',
  description: 'verify snaps and bring them into the store',
  argsDescription: {
    files:
      'bundles (tar.gz), or .snap files with the .assert and .comp files that `snap download` writes beside them',
  },
})
export class PushSnapCommand extends CommandRunner {
  constructor(private readonly imports: ImportService) {
    super();
  }

  async run(files: string[], options: PushSnapOptions = {}): Promise<void> {
    const channels = (options.channel ?? DEFAULT_CHANNELS).map(parseChannel);
    const reports: ImportReport[] = [];
    try {
      for (const file of await withoutPartners(files)) {
        const report = await this.imports.import(
          file,
          {
            channels,
            pushChannelMap: options.pushChannelMap === true,
            dryRun: options.dryRun === true,
            claim: { storeId: options.store },
          },
          pushProgress(options.json === true),
        );
        reports.push(report);
        for (const line of bundleLines(report.file, report, new Date())) printNote(line);
        const lines = report.isDryRun ? dryRunLines(report) : reportLines(report);
        if (!options.json) for (const line of lines) printLine(line);
      }
    } finally {
      // With one failing file among several, what the others did is still told.
      if (options.json) printJson({ files: reports.map(reportView) });
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
    flags: '--push-channel-map',
    description: 'move channels to what the file says, even back to an older revision',
  })
  parsePushChannelMap(): boolean {
    return true;
  }

  @Option({
    flags: '--store <store>',
    description: 'the brand store that the snaps belong to from now on, see list-stores',
  })
  parseStore(store: string): string {
    return store;
  }

  @Option({
    flags: '--dry-run',
    description: 'check everything and print exactly what would change, but change nothing',
  })
  parseDryRun(): boolean {
    return true;
  }

  @Option({ flags: '--json', description: 'print one JSON object' })
  parseJson(): boolean {
    return true;
  }
}

/** `push-snap *` names what belongs together one by one; a snap brings its assertions and components along. */
async function withoutPartners(files: readonly string[]): Promise<string[]> {
  const given = new Set(files);
  const partners = new Set<string>();
  for (const file of files.filter((one) => one.endsWith('.snap'))) {
    partners.add(resolve(file.replace(/\.snap$/, '.assert')));
    if (!files.some((one) => one.endsWith('.comp'))) continue;
    for (const component of await componentFilesOf(file).catch(() => [])) partners.add(resolve(component));
  }
  const wanted = files.filter((file) => !partners.has(resolve(file)));
  if (given.size !== files.length)
    throw new StoreError('invalid-request', 'cannot push a file twice in one command');
  return wanted;
}

function pushProgress(quiet: boolean): ImportProgress {
  const bar = quiet
    ? undefined
    : progressBar('{label} [{bar}] {percentage}% {megabytes}/{total_megabytes} MB, {eta_formatted} left');
  let bytes = 0;
  return {
    begin: (file, sizeBytes) =>
      bar?.start(file, sizeBytes, 0, { megabytes: 0, total_megabytes: Math.round(sizeBytes / 1e6) }),
    advance: (count) => {
      bytes += count;
      bar?.update(bytes, { megabytes: Math.round(bytes / 1e6) });
    },
    end: () => bar?.stop(),
  };
}

function snapView({ name, snapId, revisions, components, channels, store, media }: SnapOutcome): object {
  return {
    name,
    'snap-id': snapId,
    revisions,
    components,
    channels,
    ...(store !== undefined && { store }),
    ...(media && { media: media.map(({ type, digest }) => ({ type, 'sha3-384': digestToHex(digest) })) }),
  };
}

function bundleView({ createdAt, source, signedBy, newerSeen }: BundleFacts): object {
  return {
    'created-at': createdAt.toISOString(),
    source,
    'signed-by': signedBy ?? null,
    'newer-seen': newerSeen?.toISOString() ?? null,
  };
}

function reportView(report: ImportReport): object {
  const { file, snaps, assertionsAdded, bytesAdded, changed, isDryRun, bundle } = report;
  return {
    file,
    'dry-run': isDryRun,
    changed,
    'assertions-added': assertionsAdded,
    'bytes-added': bytesAdded,
    ...(bundle && { bundle: bundleView(bundle) }),
    snaps: snaps.map(snapView),
  };
}
