import { Command, Option } from 'nest-commander';
import { StoreError } from '../common/errors.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { printJson, printLine, printTable } from '../common/terminal/terminal.js';
import { deviceCsvLines } from './device-csv.js';
import { DevicesService, type ListedDevice } from './devices.service.js';

@Command({
  name: 'list-devices',
  description: 'list the devices that were registered here or have opened a session',
})
export class ListDevicesCommand extends JsonCommand {
  constructor(private readonly devices: DevicesService) {
    super();
  }

  async run(_arguments: string[], options: JsonOption & { csv?: boolean } = {}): Promise<void> {
    if (options.json && options.csv)
      throw new StoreError('invalid-request', 'cannot print JSON and CSV at once: give --json or --csv');
    const devices = await this.devices.list();
    if (options.json) printJson({ devices: devices.map(deviceView) });
    else if (options.csv) for (const line of deviceCsvLines(devices)) printLine(line);
    else
      printTable(
        ['Brand', 'Model', 'Serial', 'snapd', 'Snaps', 'Last seen'],
        devices.map(({ brandId, model, serial, snapdVersion, snaps, lastSeenAt }) => [
          brandId,
          model,
          serial,
          snapdVersion ?? '-',
          snaps === null ? '-' : String(snaps.length),
          lastSeenAt.toISOString(),
        ]),
      );
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
