import { Command, Option } from 'nest-commander';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { StoreError } from '../common/errors.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { printJsonList, printLine, printLongTable } from '../common/terminal/terminal.js';
import { DEVICE_CSV_HEAD, deviceCsvLine } from './device-csv.js';
import { DevicesService, type ListedDevice } from './devices.service.js';

@Command({
  name: 'list-devices',
  description: 'list the devices that were registered here or have opened a session',
})
@OverTheNetwork({ role: 'viewer', scope: 'read' })
export class ListDevicesCommand extends JsonCommand {
  constructor(private readonly devices: DevicesService) {
    super();
  }

  async run(_arguments: string[], options: JsonOption & { csv?: boolean } = {}): Promise<void> {
    if (options.json && options.csv)
      throw new StoreError('invalid-request', 'cannot print JSON and CSV at once: give --json or --csv');
    if (options.json) await printJsonList('devices', this.each(deviceView));
    else if (options.csv) {
      printLine(DEVICE_CSV_HEAD);
      for await (const lines of this.each(deviceCsvLine)) for (const line of lines) printLine(line);
    } else
      await printLongTable(['Brand', 'Model', 'Serial', 'snapd', 'Snaps', 'Last seen'], () =>
        this.each(cellsOf),
      );
  }

  /** Every device as it is shown, a part at a time. */
  private async *each<T>(show: (device: ListedDevice) => T): AsyncGenerator<T[]> {
    for await (const devices of this.devices.list()) yield devices.map(show);
  }

  @Option({ flags: '--json', description: 'print one JSON object, with the snaps of every device' })
  override parseJson(): boolean {
    return true;
  }

  @Option({ flags: '--csv', description: 'print comma-separated values with a header line' })
  parseCsv(): boolean {
    return true;
  }
}

function cellsOf({ brandId, model, serial, snapdVersion, snaps, lastSeenAt }: ListedDevice): string[] {
  return [
    brandId,
    model,
    serial,
    snapdVersion ?? '-',
    snaps === null ? '-' : String(snaps.length),
    lastSeenAt.toISOString(),
  ];
}

function deviceView({
  brandId,
  model,
  serial,
  trust,
  snapdVersion,
  firstSeenAt,
  lastSeenAt,
  snaps,
}: ListedDevice): object {
  return {
    'brand-id': brandId,
    model,
    serial,
    'serial-trust': trust,
    'snapd-version': snapdVersion,
    'first-seen': firstSeenAt.toISOString(),
    'last-seen': lastSeenAt.toISOString(),
    snaps,
  };
}
