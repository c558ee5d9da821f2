import { Injectable } from '@nestjs/common';
import { CatalogueService } from '../catalogue/catalogue.service.js';
import { HoldingsService } from '../catalogue/holdings.service.js';
import { refColumns, type RevisionRef } from '../catalogue/revision-ref.js';
import { StoreError } from '../common/errors.js';
import { GroupsService } from '../groups/groups.service.js';
import { DevicePagesRepository } from './device-pages.repository.js';
import {
  positionOf,
  type DeviceFilter,
  type DevicePosition,
  type DeviceQuestion,
  type DeviceRef,
  type DeviceRow,
  type KnownDevice,
  type RunningSnapKey,
} from './device-question.js';
import {
  DevicesRepository,
  type DeviceCounts,
  type DeviceRevision,
  type SnapDevices,
} from './devices.repository.js';
import { RunningSnapsRepository } from './running-snaps.repository.js';
import type { RunningSnap } from './sighting.js';

export type { SnapDevices } from './devices.repository.js';

/** Devices that are read at once for a list of all: with many snaps each, a few ten megabytes. */
const ROWS_AT_ONCE = 500;

/** A device that was here, with the names of those of its snaps that the store holds. */
export interface ListedDevice extends KnownDevice {
  readonly snaps: readonly (RunningSnap & { readonly name?: string })[] | null;
}

/** Devices by what an operator names. */
export interface DeviceWish extends Omit<DeviceFilter, 'members' | 'snap'> {
  readonly group?: string | undefined;
  /** A name or a snap-id. */
  readonly snap?: string | undefined;
  readonly revision?: number | undefined;
}

/** The devices that have opened a session, for whoever lists or counts them. */
@Injectable()
export class DevicesService {
  constructor(
    private readonly devices: DevicesRepository,
    private readonly pages: DevicePagesRepository,
    private readonly running: RunningSnapsRepository,
    private readonly holdings: HoldingsService,
    private readonly catalogue: CatalogueService,
    private readonly groups: GroupsService,
  ) {}

  /** Every device, by brand, model and serial, a part at a time. */
  async *list(): AsyncGenerator<readonly ListedDevice[]> {
    const names = await this.holdings.names();
    for (let after: DevicePosition | undefined; ;) {
      const question = { filter: {}, sort: 'device', descending: false, after, limit: ROWS_AT_ONCE } as const;
      const devices = await this.pages.findKnown(question);
      yield devices.map((device) => withNames(device, names));
      const last = devices.at(-1);
      if (!last || devices.length < ROWS_AT_ONCE) return;
      after = positionOf(last);
    }
  }

  /**
   * Finds out what an operator's words select.
   *
   * @throws StoreError `not-found` if the group does not exist
   */
  async filterOf({ group, snap, revision, ...rest }: DeviceWish): Promise<DeviceFilter> {
    const members = group === undefined ? undefined : (await this.groups.get(group)).members;
    if (snap === undefined) return { ...rest, members };
    const { byId, byName } = await this.catalogue.findEach([snap], [snap]);
    const snapId = byName(snap)?.snapId ?? byId(snap)?.snapId ?? snap;
    return { ...rest, members, snap: { snapId, revision } };
  }

  /** The next devices of a list. */
  async find(question: DeviceQuestion): Promise<DeviceRow[]> {
    return await this.pages.find(question);
  }

  /** As {@link find}, for those that run one of some snaps. @param keys - as {@link runningSnaps} names them */
  async findRunning(question: DeviceQuestion, keys: readonly string[]): Promise<DeviceRow[]> {
    return await this.pages.findRunning(question, keys);
  }

  /** @throws StoreError `not-found` */
  async get(ref: DeviceRef): Promise<ListedDevice> {
    const device = await this.pages.findOne(ref);
    if (device) return withNames(device, await this.holdings.names());
    const { brandId, model, serial } = ref;
    throw new StoreError(
      'not-found',
      `cannot show device ${JSON.stringify(`${brandId}/${model}/${serial}`.slice(0, 200))}: it was not registered here and has opened no session`,
    );
  }

  /** What some devices run, in their order; undefined for one that has not listed it. */
  async snapsOf(devices: readonly DeviceRef[]): Promise<(readonly RunningSnap[] | undefined)[]> {
    return await this.pages.findSnaps(devices);
  }

  /** The different snaps that devices run. */
  async runningSnaps(): Promise<RunningSnapKey[]> {
    return await this.running.findAll();
  }

  async count(): Promise<DeviceCounts> {
    return await this.devices.count();
  }

  /** Which of some revisions devices had when they were here last; what most of them have first. */
  async heldRevisions(among: readonly RevisionRef[]): Promise<DeviceRevision[]> {
    return await this.devices.findHeld(...refColumns(among));
  }

  /** How many devices had each revision of a snap when they were here last; the most frequent first. */
  async countWith(snapId: string, limit: number): Promise<SnapDevices> {
    return await this.devices.countWith(snapId, limit);
  }
}

function withNames(device: KnownDevice, names: ReadonlyMap<string, string>): ListedDevice {
  return {
    ...device,
    snaps:
      device.snaps?.map((snap) => {
        const name = names.get(snap['snap-id']) ?? '';
        return name === '' ? snap : { name, ...snap };
      }) ?? null,
  };
}
