import { Injectable } from '@nestjs/common';
import type { CatalogueSnap } from '../../catalogue/catalogue-snap.js';
import { CatalogueService } from '../../catalogue/catalogue.service.js';
import { groupBy } from '../../common/group-by.js';
import type { RunningSnapKey } from '../../devices/device-question.js';
import { DevicesService } from '../../devices/devices.service.js';
import { DeviceOffersService } from './device-offers.service.js';

/** Devices run these, by the keys of `running_snap`. */
export interface OutdatedSnaps {
  /** Whoever runs one of them is behind. */
  readonly surely: ReadonlySet<string>;
  /** Whoever runs one of them may be: it depends on the device. */
  readonly perhaps: ReadonlySet<string>;
}

/** Which of the snaps that devices run are older than what the store would give those devices now. */
@Injectable()
export class OutdatedSnapsService {
  constructor(
    private readonly devices: DevicesService,
    private readonly catalogue: CatalogueService,
    private readonly offers: DeviceOffersService,
  ) {}

  async find(): Promise<OutdatedSnaps> {
    const running = (await this.devices.runningSnaps()).filter(({ architecture }) => architecture !== '');
    const { byId } = await this.catalogue.findEach([...new Set(running.map(({ snapId }) => snapId))], []);
    const newest = new Map<CatalogueSnap, number>();
    const perhaps = new Set<string>();
    const alike: RunningSnapKey[] = [];
    for (const one of running) {
      const snap = byId(one.snapId);
      if (!snap) continue;
      if (!newest.has(snap)) newest.set(snap, newestOf(snap));
      if ((newest.get(snap) ?? 0) <= one.revision) continue;
      if (dependsOnDevice(snap)) perhaps.add(one.key);
      else alike.push(one);
    }
    const surely = new Set<string>();
    for (const [architecture, ones] of groupBy(alike, (one) => one.architecture))
      for (const key of await this.outdatedOf(architecture, ones)) surely.add(key);
    return { surely, perhaps };
  }

  private async outdatedOf(architecture: string, running: readonly RunningSnapKey[]): Promise<string[]> {
    const snaps = running.map(({ snapId, channel, revision }) => ({ 'snap-id': snapId, channel, revision }));
    const offered = await this.offers.find({ session: undefined, architecture }, snaps);
    return running.filter(({ revision }, index) => (offered[index] ?? 0) > revision).map(({ key }) => key);
  }
}

/** Its brand store, its groups and its share of a progressive release may make a difference. */
function dependsOnDevice({ variations, storeId }: CatalogueSnap): boolean {
  return variations !== undefined || storeId !== null;
}

/** The newest revision that any device could get. */
function newestOf({ channelMap, variations }: CatalogueSnap): number {
  const releases = [...channelMap, ...(variations?.progressive ?? []), ...(variations?.groupOverrides ?? [])];
  return Math.max(0, ...releases.map(({ revision }) => revision ?? 0));
}
