import { basename } from 'node:path';
import { Injectable } from '@nestjs/common';
import { Command, CommandRunner, Option, SubCommand } from 'nest-commander';
import { formatChannel } from '../channels/channel.js';
import { AtTheMachine } from '../common/command-line/over-the-network.js';
import { digestToHex } from '../common/crypto/digest.js';
import { StoreError } from '../common/errors.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { sizeText } from '../common/terminal/size-text.js';
import { printJson, printLine } from '../common/terminal/terminal.js';
import { fetchObserver } from './fetch-observer.js';
import { parseFetchRequest } from './fetch-request.js';
import { FetchService, type FetchReport, type WrittenBundle } from './fetch.service.js';
import { NO_INVENTORY, readInventory } from './inventory-file.js';

interface FetchSnapsOptions extends JsonOption {
  readonly channel?: string[];
  readonly architecture?: string[];
  readonly arch?: string[];
  readonly fromYaml?: string;
  readonly exportDir?: string;
  readonly have?: string;
  readonly deps?: boolean;
  readonly components?: boolean;
  readonly media?: boolean;
  readonly singleFile?: boolean;
}

const MEGABYTE = 1e6;

const NAMES = { names: 'snaps to fetch; NAME=REVISION for exactly that revision' };

/** The code of both command names. It has no name of its own, because subclasses would inherit it. */
@Injectable()
abstract class FetchSnapsRunner extends JsonCommand {
  constructor(private readonly fetches: FetchService) {
    super();
  }

  async run(names: string[], options: FetchSnapsOptions = {}): Promise<void> {
    const json = options.json === true;
    const request = await parseFetchRequest({
      names,
      channels: options.channel ?? [],
      architectures: [...(options.architecture ?? []), ...(options.arch ?? [])],
      yamlFile: options.fromYaml,
    });
    const report = await this.fetches.fetch(
      {
        request,
        withNeeds: options.deps !== false,
        withComponents: options.components !== false,
        withMedia: options.media !== false,
        singleFile: options.singleFile === true,
        exportDir: options.exportDir,
        inventory: options.have === undefined ? NO_INVENTORY : await readInventory(options.have),
      },
      fetchObserver(json),
    );
    if (json) printJson(reportView(report));
    else printEnd(report, options.have !== undefined);
  }

  @Option({
    flags: '--channel <channel>',
    description:
      'channel to fetch from; with NAME=REVISION, channel to release to (repeatable; default: latest/stable)',
  })
  parseChannelOption(channel: string, before: string[] = []): string[] {
    return [...before, channel];
  }

  @Option({
    flags: '--architecture <architecture>',
    description: 'architecture (repeatable; default: amd64)',
  })
  parseArchitecture(architecture: string, before: string[] = []): string[] {
    return [...before, architecture];
  }

  @Option({ flags: '--arch <architecture>', description: 'same as --architecture' })
  parseArch(architecture: string, before: string[] = []): string[] {
    return [...before, architecture];
  }

  @Option({
    flags: '--from-yaml <file>',
    description:
      'read snaps from a YAML list "packages"; each has name and, optionally, revision and push_channel',
  })
  parseFromYaml(file: string): string {
    return file;
  }

  @Option({
    flags: '--export-dir <directory>',
    description: 'directory for the bundles (default: downloads in the data directory)',
  })
  parseExportDir(directory: string): string {
    return directory;
  }

  @Option({
    flags: '--have <inventory>',
    description:
      'leave out files that the air-gapped store already has: the output of its `list-pushed-snaps --json`',
  })
  parseHave(file: string): string {
    return file;
  }

  @Option({ flags: '--no-deps', description: 'do not fetch bases, snapd and default content providers' })
  parseNoDeps(): boolean {
    return false;
  }

  @Option({ flags: '--no-components', description: 'do not fetch the components of snaps' })
  parseNoComponents(): boolean {
    return false;
  }

  @Option({ flags: '--no-media', description: 'do not fetch icons, screenshots and banners' })
  parseNoMedia(): boolean {
    return false;
  }

  @Option({ flags: '--single-file', description: 'write one bundle for all snaps' })
  parseSingleFile(): boolean {
    return true;
  }
}

@Command({
  name: 'fetch-snaps',
  arguments: '[names...]',
  description: 'fetch snaps from the upstream store into bundles for push-snap',
  argsDescription: NAMES,
})
@AtTheMachine('it writes bundles to carry away from there')
export class FetchSnapsCommand extends FetchSnapsRunner {}

@SubCommand({
  name: 'snaps',
  arguments: '[names...]',
  description: 'same as fetch-snaps',
  argsDescription: NAMES,
})
@AtTheMachine('it writes bundles to carry away from there')
export class ExportSnapsCommand extends FetchSnapsRunner {}

@Command({
  name: 'export',
  description: 'same as fetch-snaps: export snaps',
  subCommands: [ExportSnapsCommand],
})
@AtTheMachine('it writes bundles to carry away from there')
export class ExportCommand extends CommandRunner {
  run(words: string[]): Promise<void> {
    throw new StoreError(
      'invalid-request',
      `cannot export ${JSON.stringify(words[0] ?? '')}: use \`export snaps NAME...\``,
    );
  }
}

function printEnd({ bundles, savedBytes }: FetchReport, isPartial: boolean): void {
  printLine('Successfully exported snaps:');
  for (const { name, path } of bundles) printLine(`${name}: ${basename(path)}`);
  if (isPartial)
    printLine(`Saved ${savedBytes} bytes (${savedText(savedBytes)}) that the air-gapped store already has.`);
}

/** Formats a size in megabytes, or in a smaller unit below one megabyte. */
function savedText(bytes: number): string {
  return bytes < MEGABYTE ? sizeText(bytes) : `${Math.round(bytes / MEGABYTE)} MB`;
}

function bundleView({ name, path, snaps }: WrittenBundle): object {
  return {
    name,
    path,
    snaps: snaps.map((snap) => ({
      name: snap.name,
      'snap-id': snap.snapId,
      revisions: snap.revisions.map(({ revision, sizeBytes, file }) => ({
        revision,
        size: sizeBytes,
        'left-out': file === undefined,
      })),
      components: snap.components.map((component) => ({
        name: component.name,
        revision: component.revision,
        size: component.sizeBytes,
        'left-out': component.file === undefined,
      })),
      ...(snap.media && {
        media: snap.media.map(({ type, sizeBytes, digest }) => ({
          type,
          size: sizeBytes,
          'sha3-384': digestToHex(digest),
        })),
      }),
      channels: snap.releases.map(({ architecture, channel, revision }) => ({
        channel: formatChannel(channel),
        architecture,
        revision,
      })),
    })),
  };
}

function reportView({ bundles, isSigned, savedBytes }: FetchReport): object {
  return { bundles: bundles.map(bundleView), signed: isSigned, 'saved-bytes': savedBytes };
}
