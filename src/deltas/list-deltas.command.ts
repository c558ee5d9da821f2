import { Command } from 'nest-commander';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { digestToHex } from '../common/crypto/digest.js';
import { StoreError } from '../common/errors.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { printJson, printTable, shownSize } from '../common/terminal/terminal.js';
import { DELTA_FORMAT } from './delta.js';
import { DeltasService, type ListedDelta } from './deltas.service.js';

@Command({
  name: 'list-deltas',
  arguments: '[snap]',
  description: 'list deltas between revisions, and the reasons for missing ones',
  argsDescription: { snap: "the snap's name (default: all snaps)" },
})
@OverTheNetwork({ role: 'viewer', scope: 'read' })
export class ListDeltasCommand extends JsonCommand {
  constructor(private readonly deltas: DeltasService) {
    super();
  }

  async run([name]: string[], options: JsonOption = {}): Promise<void> {
    const shown = await this.deltas.list(name);
    if (!shown)
      throw new StoreError(
        'not-found',
        `cannot list deltas of ${JSON.stringify(name?.slice(0, 80))}: the store holds no snap of that name; see \`snap-store-proxy list-pushed-snaps\``,
      );
    if (options.json) printJson({ deltas: shown.map(deltaView) });
    else
      printTable(
        ['Name', 'From', 'To', 'Bytes', 'Of', 'State', 'Last used', 'Notes'],
        shown.map((record) => [
          record.name,
          String(record.source),
          String(record.target),
          record.sizeBytes === null ? '-' : shownSize(record.sizeBytes),
          shownSize(record.targetBytes),
          record.state,
          record.usedAt?.toISOString() ?? '-',
          record.reason ?? '-',
        ]),
      );
  }
}

function deltaView(record: ListedDelta): object {
  return {
    name: record.name,
    'snap-id': record.snapId,
    format: DELTA_FORMAT,
    source: record.source,
    target: record.target,
    state: record.state,
    reason: record.reason,
    attempts: record.attempts,
    size: record.sizeBytes,
    'target-size': record.targetBytes,
    'sha3-384': record.digest && digestToHex(record.digest),
    'tried-at': record.triedAt.toISOString(),
    'used-at': record.usedAt?.toISOString() ?? null,
  };
}
