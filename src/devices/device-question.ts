import type { SerialTrust } from '../brand-stores/device-session.js';
import type { GroupMember } from '../groups/device-group.js';
import type { RunningSnap } from './sighting.js';

/** The name of a device. */
export interface DeviceRef {
  readonly brandId: string;
  readonly model: string;
  readonly serial: string;
}

/** A device that was registered or has opened a session, as lists show it. */
export interface DeviceRow extends DeviceRef {
  readonly trust: SerialTrust;
  /** The store that its model names; null if it names none, or it is not known. */
  readonly storeId: string | null;
  /** Null until it has said so. */
  readonly architecture: string | null;
  readonly snapdVersion: string | null;
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
  /** Until when it needs no new session; null if it has had none. */
  readonly sessionExpiresAt: Date | null;
  /** Null if the device has not listed them. */
  readonly snapCount: number | null;
  /** The keys of what it runs: of `running_snap`, or 0. */
  readonly snapKeys: readonly string[] | null;
  /** When it was seen last, with all digits: for {@link DevicePosition}. */
  readonly seenKey: string;
}

/** A snap that devices run. */
export interface RunningSnapKey {
  /** As the column `snap_keys` of devices has it. */
  readonly key: string;
  readonly snapId: string;
  readonly channel: string;
  /** Empty if it is not known. */
  readonly architecture: string;
  readonly revision: number;
}

/** A device with what it runs. */
export interface KnownDevice extends DeviceRow {
  /** Null if the device has not listed them. */
  readonly snaps: readonly RunningSnap[] | null;
}

export const DEVICE_SORTS = ['device', 'last-seen'] as const;

/** By brand, model and serial, or by the last visit. */
export type DeviceSort = (typeof DEVICE_SORTS)[number];

/** A place in a list of devices. */
export type DevicePosition = DeviceRef & Pick<DeviceRow, 'seenKey'>;

/** Devices that somebody asks for. What is left out does not matter. */
export interface DeviceFilter {
  readonly brandId?: string | undefined;
  readonly model?: string | undefined;
  readonly storeId?: string | undefined;
  /** Devices that one of these names. */
  readonly members?: readonly GroupMember[] | undefined;
  /** A snap that they run; without a revision, any of it. */
  readonly snap?: { readonly snapId: string; readonly revision?: number | undefined } | undefined;
  readonly architecture?: string | undefined;
  readonly seenSince?: Date | undefined;
  readonly seenBefore?: Date | undefined;
}

/** A part of a list of devices. */
export interface DeviceQuestion {
  readonly filter: DeviceFilter;
  readonly sort: DeviceSort;
  readonly descending: boolean;
  /** Where the list goes on; undefined at its beginning. */
  readonly after: DevicePosition | undefined;
  readonly limit: number;
}

export function positionOf({ brandId, model, serial, seenKey }: DeviceRow): DevicePosition {
  return { brandId, model, serial, seenKey };
}
