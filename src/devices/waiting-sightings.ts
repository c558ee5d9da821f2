import {
  MAX_WAITING_BYTES,
  MAX_WAITING_DEVICES,
  MAX_WAITING_UNPROVEN_PER_ADDRESS,
} from '../common/limits.js';
import type { Sighting } from './sighting.js';

/** What a sighting takes besides its texts: an object, a date, a place in a map. */
const SIGHTING_BYTES = 300;

/** V8 keeps a text with one character outside Latin-1 in two bytes a character: serials may have such. */
const CHARACTER_BYTES = 2;

function bytesOf({ brandId, model, serial, seenFrom, snaps, snapdVersion }: Sighting): number {
  const names = brandId.length + model.length + serial.length;
  // Its key has the names again; the other texts are ASCII.
  const texts = 2 * CHARACTER_BYTES * names + seenFrom.length;
  return SIGHTING_BYTES + texts + (snaps?.length ?? 0) + (snapdVersion?.length ?? 0);
}

function isUnproven({ trust }: Sighting): boolean {
  return trust === 'unknown';
}

/**
 * Sightings that wait to be written down, the last one of each device, bounded in number and bytes. Devices
 * that nobody vouches for have half of that at most, and one address a share, so that the others are noted
 * however many there are of these.
 */
export class WaitingSightings {
  private readonly byDevice = new Map<string, Sighting>();
  private readonly unprovenOfAddress = new Map<string, number>();
  private unproven = 0;
  private unprovenBytes = 0;
  private takenBytes = 0;

  /** What they take, in bytes. */
  get bytes(): number {
    return this.takenBytes;
  }

  values(): Sighting[] {
    return [...this.byDevice.values()];
  }

  /**
   * Takes the place of what the device said before, but for what it leaves unsaid. Snaps for which there
   * is no room are left out; of a device for which there is none, nothing is noted.
   */
  add(next: Sighting): void {
    const key = `${next.brandId}/${next.model}/${next.serial}`;
    const before = this.byDevice.get(key);
    // Anybody may make up the serial of a device that proves its own.
    if (before && !isUnproven(before) && isUnproven(next)) return;
    if (before) this.remove(key, before);
    const said = { ...next, snapdVersion: next.snapdVersion ?? before?.snapdVersion };
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
