import type { DeviceRow } from '../../devices/device-question.js';
import type { DeviceDetail } from './fleet.service.js';

/** A device as JSON. */
export interface DeviceView {
  readonly 'brand-id': string;
  readonly model: string;
  readonly serial: string;
  readonly 'serial-trust': string;
  readonly 'store-id': string | null;
  readonly architecture: string | null;
  readonly 'snapd-version': string | null;
  readonly 'first-seen': string;
  readonly 'last-seen': string;
  readonly 'session-expires-at': string | null;
  readonly 'snap-count': number | null;
}

/** A snap of a device as JSON. */
export interface DeviceSnapView {
  readonly name: string | null;
  readonly 'snap-id': string;
  readonly revision: number;
  readonly channel: string;
  readonly 'offered-revision': number | null;
  readonly behind: boolean | null;
}

export function deviceView(device: DeviceRow): DeviceView {
  return {
    'brand-id': device.brandId,
    model: device.model,
    serial: device.serial,
    'serial-trust': device.trust,
    'store-id': device.storeId,
    architecture: device.architecture,
    'snapd-version': device.snapdVersion,
    'first-seen': device.firstSeenAt.toISOString(),
    'last-seen': device.lastSeenAt.toISOString(),
    'session-expires-at': device.sessionExpiresAt?.toISOString() ?? null,
    'snap-count': device.snapCount,
  };
}

export function deviceDetailView({ device, groups, offered }: DeviceDetail): DeviceView & {
  readonly groups: readonly string[];
  readonly behind: boolean | null;
  readonly snaps: readonly DeviceSnapView[] | null;
} {
  const snaps =
    device.snaps?.map(({ name = null, 'snap-id': snapId, revision, channel = 'stable' }, index) => ({
      name,
      'snap-id': snapId,
      revision,
      channel,
      'offered-revision': offered?.[index] ?? null,
      behind: offered && (offered[index] ?? 0) > revision,
    })) ?? null;
  const behind = offered && snaps && snaps.some((snap) => snap.behind);
  return { ...deviceView(device), groups, behind, snaps };
}
