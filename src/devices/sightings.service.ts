import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { DevicesRepository } from './devices.repository.js';
import { sighting, type DeviceVisit, type Sighting } from './sighting.js';
import { WaitingSightings } from './waiting-sightings.js';

const WRITE_EVERY_MS = 5_000;

/** Rows of one statement: few enough that building them does not delay answers. */
const ROWS_AT_ONCE = 200;

/** Collects visits of devices and writes them later, so that answers are not delayed. */
@Injectable()
export class SightingsService implements BeforeApplicationShutdown {
  private readonly logger = new Logger(SightingsService.name);
  private waiting = new WaitingSightings();
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();

  constructor(private readonly devices: DevicesRepository) {}

  /** Records a visit. It is written later, so the answer is not delayed. */
  note(visit: DeviceVisit): void {
    this.waiting.add(sighting(visit, new Date()));
    this.timer ??= setTimeout(() => void this.write(), WRITE_EVERY_MS).unref();
  }

  /** Writes the waiting visits. If that fails, they are dropped: the devices will come again. */
  async write(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    // One write at a time: while the database is slow, new visits stay in the bounded list.
    this.writing = this.writing.then(() => this.writeWaiting());
    await this.writing;
  }

  /** Runs while the database is still connected. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.write();
  }

  private async writeWaiting(): Promise<void> {
    const waiting: readonly Sighting[] = this.waiting.values();
    this.waiting = new WaitingSightings();
    try {
      for (let at = 0; at < waiting.length; at += ROWS_AT_ONCE) {
        const added = await this.devices.note(waiting.slice(at, at + ROWS_AT_ONCE));
        if (added.length > 0) await this.devices.forgetSurplus(added);
      }
    } catch (error) {
      this.logger.warn(`cannot record the visits of devices: ${String(error)}`);
    }
  }
}
