import type { Assertion, HeaderMap } from '../assertion.js';
import {
  HeaderError,
  parseNumber,
  readMaps,
  readNonEmptyText,
  readNumber,
  readOneOf,
  readTexts,
} from '../header-checks.js';
import { quote } from '../quote.js';
import { trackOf } from './channel-name.js';
import { checkDeviceId } from './messages.js';
import { checkSnapName } from './patterns.js';

const SNAP_STATES = ['clustered', 'evacuated', 'removed'];
const INSTANCE_KEY = /^[a-z0-9]{1,10}$/;

/** snapcore/snapd: asserts/cluster.go, checkClusterDevices. @returns their ids */
function readDevices(headers: HeaderMap): Set<number> {
  const ids = new Set<number>();
  for (const device of readMaps(headers, 'devices')) {
    const id = readNumber(device, 'id', 1, 'device');
    const of = `device ${id}`;
    checkDeviceId(readNonEmptyText(device, 'device', of));
    readTexts(device, 'addresses', undefined, of);
    if (ids.has(id)) throw new HeaderError(`${of} is listed twice`);
    ids.add(id);
  }
  return ids;
}

/** snapcore/snapd: snap/naming/validate.go, ValidateInstance: `name` or `name_key` */
function checkInstance(instance: string): void {
  const [name = '', ...keys] = instance.split('_');
  checkSnapName(name, 'snap name');
  if (keys.length > 0 && !INSTANCE_KEY.test(keys.join('_')))
    throw new HeaderError(`snap instance ${quote(instance)} is malformed`);
}

function checkSnap(snap: HeaderMap, of: string): void {
  readOneOf(snap, 'state', SNAP_STATES, of);
  checkInstance(readNonEmptyText(snap, 'instance', of));
  const channel = readNonEmptyText(snap, 'channel', of);
  if (trackOf(channel) === undefined)
    throw new HeaderError(`"channel" of ${of} is malformed: ${quote(channel)}`);
}

/** @see snapcore/snapd: asserts/cluster.go, assembleCluster */
export function checkCluster({ headers }: Assertion): void {
  readNumber(headers, 'sequence', 1);
  const deviceIds = readDevices(headers);
  const names = new Set<string>();
  for (const subcluster of readMaps(headers, 'subclusters')) {
    const name = readNonEmptyText(subcluster, 'name', 'subcluster');
    const of = `subcluster ${quote(name)}`;
    for (const id of readTexts(subcluster, 'devices', undefined, of))
      if (!deviceIds.has(parseNumber(id, `a device of ${of}`, 1)))
        throw new HeaderError(`${of} has a device that is not listed: ${id}`);
    for (const snap of readMaps(subcluster, 'snaps', of)) checkSnap(snap, `a snap of ${of}`);
    if (names.has(name)) throw new HeaderError(`${of} is listed twice`);
    names.add(name);
  }
}
