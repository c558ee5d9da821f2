import { Injectable } from '@nestjs/common';
import { HoldingsService } from '../catalogue/holdings.service.js';
import { refColumns, type RevisionRef } from '../catalogue/revision-ref.js';
import {
  DevicesRepository,
  type DeviceCounts,
  type DeviceRevision,
  type KnownDevice,
  type SnapDevices,
} from './devices.repository.js';
import type { RunningSnap } from './sighting.js';

export type { SnapDevices } from './devices.repository.js';

/** A device that was here, with the names of those of its snaps that the store holds. */
export interface ListedDevice extends KnownDevice {
  readonly snaps: readonly (RunningSnap & { readonly name?: string })[] | null;
}

/** The devices that have opened a session, for whoever lists or counts them. */
@Injectable()
export class DevicesService {
  constructor(
    private readonly devices: DevicesRepository,
    private readonly holdings: HoldingsService,
  ) {}

  /** Every device, by brand, model and serial. */
  async list(): Promise<ListedDevice[]> {
    const names = await this.holdings.names();
    return (await this.devices.findAll()).map((device) => ({
      ...device,
      snaps:
        device.snaps?.map((snap) => {
          const name = names.get(snap['snap-id']) ?? '';
          return name === '' ? snap : { name, ...snap };
        }) ?? null,
    }));
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
