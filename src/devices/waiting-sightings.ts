import {
  MAX_WAITING_BYTES,
  MAX_WAITING_DEVICES,
  MAX_WAITING_UNPROVEN_PER_ADDRESS,
} from '../common/limits.js';
import type { Sighting } from './sighting.js';

/** Memory of a sighting without its strings: an object, a date, an entry in a map. */
const SIGHTING_BYTES = 300;

/** V8 stores a string with a character outside Latin-1 as two bytes a character, and serials may be such strings. */
const CHARACTER_BYTES = 2;

function bytesOf({ brandId, model, serial, storeId, seenFrom, snaps, snapdVersion }: Sighting): number {
  const names = brandId.length + model.length + serial.length + (storeId?.length ?? 0);
  // The key contains the names again; the other strings are ASCII.
  const texts = 2 * CHARACTER_BYTES * names + seenFrom.length;
  return SIGHTING_BYTES + texts + (snaps?.length ?? 0) + (snapdVersion?.length ?? 0);
}

function isUnproven({ trust }: Sighting): boolean {
  return trust === 'unknown';
}

/**
 * Sightings that wait to be written: the last one of each device, limited in number and bytes. Unverified devices
 * get at most half of that, and one address a share, so that verified devices are always recorded.
 */
export class WaitingSightings {
  private readonly byDevice = new Map<string, Sighting>();
  private readonly unprovenOfAddress = new Map<string, number>();
  private unproven = 0;
  private unprovenBytes = 0;
  private takenBytes = 0;

  /** The memory that they use, in bytes. */
  get bytes(): number {
    return this.takenBytes;
  }

  values(): Sighting[] {
    return [...this.byDevice.values()];
  }

  /**
   * Replaces the waiting sighting of the device; values that the new one lacks are kept. If there is no room for the
   * snaps, they are left out; if there is no room for the device, it is not recorded.
   */
  add(next: Sighting): void {
    const key = `${next.brandId}/${next.model}/${next.serial}`;
    const before = this.byDevice.get(key);
    // Anyone can send the serial of a verified device without a proof.
    if (before && !isUnproven(before) && isUnproven(next)) return;
    if (before) this.remove(key, before);
    const said = {
      ...next,
      snapdVersion: next.snapdVersion ?? before?.snapdVersion,
      architecture: next.architecture ?? before?.architecture,
    };
    const candidates = [
      { ...said, snaps: next.snaps ?? before?.snaps },
      { ...said, snaps: before?.snaps },
      before,
    ];
    const kept = candidates.find((one) => one && this.hasRoomFor(one));
    if (kept) this.put(key, kept);
  }

  private hasRoomFor(one: Sighting): boolean {
    const bytes = bytesOf(one);
    if (this.byDevice.size >= MAX_WAITING_DEVICES || this.takenBytes + bytes > MAX_WAITING_BYTES)
      return false;
    if (!isUnproven(one)) return true;
    const ofAddress = this.unprovenOfAddress.get(one.seenFrom) ?? 0;
    return (
      ofAddress < MAX_WAITING_UNPROVEN_PER_ADDRESS &&
      this.unproven < MAX_WAITING_DEVICES / 2 &&
      this.unprovenBytes + bytes <= MAX_WAITING_BYTES / 2
    );
  }

  private put(key: string, one: Sighting): void {
    this.byDevice.set(key, one);
    this.count(one, 1);
  }

  private remove(key: string, one: Sighting): void {
    this.byDevice.delete(key);
    this.count(one, -1);
  }

  private count(one: Sighting, sign: 1 | -1): void {
    const bytes = sign * bytesOf(one);
    this.takenBytes += bytes;
    if (!isUnproven(one)) return;
    this.unproven += sign;
    this.unprovenBytes += bytes;
    this.unprovenOfAddress.set(one.seenFrom, (this.unprovenOfAddress.get(one.seenFrom) ?? 0) + sign);
  }
}
