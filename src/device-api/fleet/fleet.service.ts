import { Injectable } from '@nestjs/common';
import type { DeviceSession } from '../../brand-stores/device-session.js';
import { Pacer } from '../../common/pacer.js';
import {
  positionOf,
  type DevicePosition,
  type DeviceQuestion,
  type DeviceRef,
  type DeviceRow,
} from '../../devices/device-question.js';
import { DevicesService, type ListedDevice } from '../../devices/devices.service.js';
import { GroupsService } from '../../groups/groups.service.js';
import { DeviceOffersService } from './device-offers.service.js';
import { OutdatedSnapsService, type OutdatedSnaps } from './outdated-snaps.service.js';

/** How many times one page looks for devices that are behind, and at how many it looks at least each time. */
export const MAX_LOOKS = 5;
const LOOKED_AT = 400;

/** A snap of {@link DevicesService} whose keys did not fit into the table. */
const UNKEYED = '0';

/** A page of devices. */
export interface DevicePage {
  readonly devices: readonly DeviceRow[];
  /** Where the next page begins; undefined on the last one. */
  readonly next: DevicePosition | undefined;
}

/** A device with what it runs and what it would get. */
export interface DeviceDetail {
  readonly device: ListedDevice;
  readonly groups: readonly string[];
  /** What it would get of each of its snaps; undefined where nothing. Null while its architecture is not known. */
  readonly offered: readonly (number | undefined)[] | null;
}

/** All devices together, as the store would answer them now. */
@Injectable()
export class FleetService {
  constructor(
    private readonly devices: DevicesService,
    private readonly groups: GroupsService,
    private readonly offers: DeviceOffersService,
    private readonly outdated: OutdatedSnapsService,
  ) {}

  /** A page of the devices that were here. */
  async page(question: DeviceQuestion): Promise<DevicePage> {
    const rows = await this.devices.find({ ...question, limit: question.limit + 1 });
    return pageOf(rows, question.limit, undefined);
  }

  /**
   * A page of the devices that run an older revision than the store would give them now. It may have fewer than asked
   * for, or none, before the last one: what one page looks at is limited.
   */
  async pageOfBehind(question: DeviceQuestion): Promise<DevicePage> {
    const outdated = await this.outdated.find();
    const keys = [...outdated.surely, ...outdated.perhaps, UNKEYED];
    const size = Math.max(question.limit + 1, LOOKED_AT);
    const found: DeviceRow[] = [];
    let { after } = question;
    for (let look = 0; look < MAX_LOOKS; look += 1) {
      const part = { ...question, after, limit: size };
      // Where many are behind, the next ones in the list fill the page. Where few are, an index finds them.
      const rows = look === 0 ? await this.devices.find(part) : await this.devices.findRunning(part, keys);
      found.push(...(await this.behindAmong(rows, outdated)));
      const last = rows.at(-1);
      if (found.length > question.limit || !last || rows.length < size)
        return pageOf(found, question.limit, undefined);
      after = positionOf(last);
    }
    return pageOf(found, question.limit, after);
  }

  /** @throws StoreError `not-found` */
  async get(ref: DeviceRef): Promise<DeviceDetail> {
    const device = await this.devices.get(ref);
    const session = sessionOf(device);
    const { architecture, snaps } = device;
    return {
      device,
      groups: [...(await this.groups.groupsOf(session))].toSorted(),
      offered: architecture === null ? null : await this.offers.find({ session, architecture }, snaps ?? []),
    };
  }

  private async behindAmong(
    rows: readonly DeviceRow[],
    { surely, perhaps }: OutdatedSnaps,
  ): Promise<DeviceRow[]> {
    const runsOneOf = (keys: ReadonlySet<string>, { snapKeys }: DeviceRow) =>
      snapKeys?.some((key) => keys.has(key)) ?? false;
    const behind = new Set(rows.filter((row) => runsOneOf(surely, row)));
    const unsure = new Set([...perhaps, UNKEYED]);
    const open = rows.filter((row) => !behind.has(row) && runsOneOf(unsure, row));
    const snaps = open.length === 0 ? [] : await this.devices.snapsOf(open);
    const pacer = new Pacer();
    for (const [index, row] of open.entries()) {
      if (pacer.isDue) await pacer.rest();
      if (row.architecture === null) continue;
      const running = snaps[index] ?? [];
      const offered = await this.offers.find(
        { session: sessionOf(row), architecture: row.architecture },
        running,
      );
      if (running.some(({ revision }, at) => (offered[at] ?? 0) > revision)) behind.add(row);
    }
    return rows.filter((row) => behind.has(row));
  }
}

function pageOf(
  found: readonly DeviceRow[],
  limit: number,
  otherwise: DevicePosition | undefined,
): DevicePage {
  const devices = found.slice(0, limit);
  const last = devices.at(-1);
  return { devices, next: found.length > limit && last ? positionOf(last) : otherwise };
}

/** The session that the device would have: what it gets does not depend on when that expires. */
function sessionOf({ brandId, model, serial, trust, storeId }: DeviceRow): DeviceSession {
  return { brandId, model, serial, trust, expiresAt: Infinity, ...(storeId !== null && { storeId }) };
}
