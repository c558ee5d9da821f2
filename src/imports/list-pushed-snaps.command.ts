import { Command, Option } from 'nest-commander';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { printJson, printTable, shownSize } from '../common/terminal/terminal.js';
import { InventoryService } from './inventory.service.js';
import { PUSHED_SNAP_HEAD, pushedSnapJson, pushedSnapRows } from './pushed-snap.view.js';

@Command({
  name: 'list-pushed-snaps',
  description: 'list the snaps that the store holds, with the revisions that channels point at',
})
@OverTheNetwork({ role: 'viewer', scope: 'read' })
export class ListPushedSnapsCommand extends JsonCommand {
  constructor(private readonly inventory: InventoryService) {
    super();
  }

  async run(_arguments: string[], options: JsonOption = {}): Promise<void> {
    const snaps = await this.inventory.list();
    if (options.json) printJson({ snaps: snaps.map(pushedSnapJson) });
    else
      printTable(
        PUSHED_SNAP_HEAD,
        snaps.flatMap((snap) => pushedSnapRows(snap, shownSize)),
      );
  }

  @Option({
    flags: '--json',
    description: 'print one JSON object, with every revision, component and channel',
  })
  override parseJson(): boolean {
    return true;
  }
}
