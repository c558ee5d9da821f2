import type { DeviceSession, SerialTrust } from '../brand-stores/device-session.js';
import { isFields } from '../common/domain/json.js';
import { DEFAULT_ARCHITECTURE, MAX_INTEGER } from '../common/domain/words.js';
import { MAX_NOTED_SNAPS_BYTES, MAX_UNPROVEN_SNAPS_BYTES } from '../common/limits.js';
import type { Device } from './session-token.js';

/** Most snaps that are recorded for a device; the others are left out. */
export const MAX_NOTED_SNAPS = 500;

const SNAPD = /^snapd\/([\x21-\x7e]{1,64})(?: |$)/;
const SNAP_ID = /^[a-zA-Z0-9]{1,64}$/;
const CHANNEL = /^[\x21-\x7e]{1,128}$/;

/** A snap that a device runs. */
export interface RunningSnap {
  readonly 'snap-id': string;
  readonly revision: number;
  readonly channel?: string;
}

/** What a device sent in its last visit. */
export interface Sighting extends Device {
  readonly trust: SerialTrust;
  readonly seenAt: Date;
  /** Undefined if the request did not contain it. */
  readonly snapdVersion: string | undefined;
  /** JSON: a list of {@link RunningSnap}. Undefined if the request did not contain it. */
  readonly snaps: string | undefined;
  /** The address of the last visit. */
  readonly seenFrom: string;
  /** Debian's name; undefined if the request did not name it. */
  readonly architecture: string | undefined;
  /** When its session expires, in milliseconds. */
  readonly expiresAt?: number;
}

/** The version in the `User-Agent` of a device. @see snapcore/snapd: snapdenv/useragent.go */
export function snapdVersion(userAgent: string | undefined): string | undefined {
  return userAgent === undefined ? undefined : SNAPD.exec(userAgent)?.[1];
}

function runningSnap(entry: unknown): RunningSnap[] {
  if (!isFields(entry)) return [];
  const { 'snap-id': snapId, revision, 'tracking-channel': channel } = entry;
  if (typeof snapId !== 'string' || !SNAP_ID.test(snapId)) return [];
  if (!Number.isInteger(revision) || Number(revision) < 1 || Number(revision) > MAX_INTEGER) return [];
  const named = typeof channel === 'string' && CHANNEL.test(channel);
  return [{ 'snap-id': snapId, revision: Number(revision), ...(named && { channel }) }];
}

/**
 * Reads the snaps of a device from the context of its refresh. Invalid entries are left out.
 *
 * @param maxBytes - longest result; if there are more snaps, the first ones are kept
 * @returns JSON; undefined for an empty context, which snapd sends in other requests
 */
export function runningSnaps(
  context: readonly unknown[] | undefined,
  maxBytes = MAX_NOTED_SNAPS_BYTES,
): string | undefined {
  if (context === undefined || context.length === 0) return undefined;
  const kept: string[] = [];
  let left = maxBytes - '[]'.length;
  for (const snap of context.slice(0, MAX_NOTED_SNAPS).flatMap(runningSnap)) {
    const text = JSON.stringify(snap);
    left -= text.length + ','.length;
    if (left < -','.length) break;
    kept.push(text);
  }
  return `[${kept.join(',')}]`;
}

/** A request of a device, as far as it is recorded. */
export interface DeviceVisit {
  /** Its session, or the device whose registration opens none. */
  readonly session: Omit<DeviceSession, 'expiresAt'> & Partial<Pick<DeviceSession, 'expiresAt'>>;
  readonly address: string;
  readonly userAgent?: string | undefined;
  /** As the request names it. */
  readonly architecture?: string | undefined;
  /** The context of the request, unchecked. */
  readonly context?: readonly unknown[] | undefined;
}

/** Makes a compact record of a visit. */
export function sighting(
  { session, address, userAgent, architecture, context }: DeviceVisit,
  seenAt: Date,
): Sighting {
  const { brandId, model, serial, trust, storeId, expiresAt } = session;
  const snaps = runningSnaps(context, trust === 'unknown' ? MAX_UNPROVEN_SNAPS_BYTES : MAX_NOTED_SNAPS_BYTES);
  return {
    brandId,
    model,
    serial,
    trust,
    seenAt,
    seenFrom: address,
    snapdVersion: snapdVersion(userAgent),
    snaps,
    // A refresh that names none is answered for the default one.
    architecture: architecture ?? (snaps === undefined ? undefined : DEFAULT_ARCHITECTURE),
    ...(storeId !== undefined && { storeId }),
    ...(expiresAt !== undefined && { expiresAt }),
  };
}
