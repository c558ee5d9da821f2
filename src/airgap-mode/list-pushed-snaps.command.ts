import { Command, CommandRunner, Option } from 'nest-commander';
import { digestToHex } from '../common/digest.js';
import { printJson, printTable } from '../common/terminal.js';
import { formatChannel } from '../snaps/channel/channel.js';
import { InventoryService, type PushedSnap } from './inventory.service.js';

@Command({ name: 'list-pushed-snaps', description: 'list the snaps that the store holds' })
export class ListPushedSnapsCommand extends CommandRunner {
  constructor(private readonly inventory: InventoryService) {
    super();
  }

  async run(_arguments: string[], options: { json?: boolean } = {}): Promise<void> {
    const snaps = await this.inventory.list();
    if (options.json) printJson({ snaps: snaps.map(pushedSnapView) });
    else
      printTable(
        ['Name', 'Stores'],
        snaps.map(({ name, stores }) => [name, stores.join(',')]),
      );
  }

  @Option({
    flags: '--json',
    description: 'print one JSON object, with every revision, component and channel',
  })
  parseJson(): boolean {
    return true;
  }
}

function pushedSnapView({ name, snapId, stores, revisions, components, channels }: PushedSnap): object {
  return {
    name,
    'snap-id': snapId,
    stores,
    revisions: revisions.map(({ revision, version, architectures, sizeBytes, digest }) => ({
      revision,
      version,
      architectures,
      size: sizeBytes,
      'sha3-384': digestToHex(digest),
    })),
    components: components.map((component) => ({
      name: component.name,
      revision: component.revision,
      size: component.sizeBytes,
      'sha3-384': digestToHex(component.digest),
    })),
    channels: channels.map(({ architecture, channel, revision, releasedAt }) => ({
      channel: formatChannel(channel),
      architecture,
      revision,
      'released-at': releasedAt.toISOString(),
    })),
  };
}
