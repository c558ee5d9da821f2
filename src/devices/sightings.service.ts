import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { DevicesRepository } from './devices.repository.js';
import { sighting, type Sighting, type Visit } from './sighting.js';
import { WaitingSightings } from './waiting-sightings.js';

const WRITE_EVERY_MS = 5_000;

/** Rows of one statement: few enough that making them holds up no answer. */
const ROWS_AT_ONCE = 200;

/** Notes which devices were here, and writes it down off the way of their answers. */
@Injectable()
export class SightingsService implements BeforeApplicationShutdown {
  private readonly logger = new Logger(SightingsService.name);
  private waiting = new WaitingSightings();
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();

  constructor(private readonly devices: DevicesRepository) {}

  /** Costs the answer next to nothing: it is written down later. */
  note(visit: Visit): void {
    this.waiting.add(sighting(visit, new Date()));
    this.timer ??= setTimeout(() => void this.write(), WRITE_EVERY_MS).unref();
  }

  /** Writes down what waits. What cannot be written is dropped: the devices will come again. */
  async write(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    // One after the other: while the database is slow, what comes stays in the one list that is bounded.
    this.writing = this.writing.then(() => this.writeWaiting());
    await this.writing;
  }

  /** While the database is still there. */
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
      this.logger.warn(`cannot note which devices were here: ${String(error)}`);
    }
  }
}
