import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { DevicesRepository } from './devices.repository.js';
import type { ProvenDevice } from '../common/proven-device.js';
import { runningSnaps, snapdVersion, type Sighting } from './sighting.js';

/** Devices that wait to be written; of more, the next ones are not noted before these are. */
export const MAX_WAITING_DEVICES = 10_000;

/** Snaps that wait, of all these devices together. */
export const MAX_WAITING_SNAPS = 200_000;

/**
 * Most devices that are remembered. Beyond it those go whose serial nobody vouches for, and who were not here
 * for longest: anybody could make up as many as the disk holds.
 */
export const MAX_DEVICES = 50_000;

const WRITE_EVERY_MS = 5_000;

/** Rows of one statement: few enough that making them holds up no answer. */
const ROWS_AT_ONCE = 200;

interface Waiting {
  readonly session: ProvenDevice;
  readonly seenAt: Date;
  readonly userAgent: string | undefined;
  /** As it came: most are replaced before they are written, and need not be read. */
  readonly context: readonly unknown[] | undefined;
}

/** Notes which devices were here, and writes it down off the way of their answers. */
@Injectable()
export class SightingsService implements BeforeApplicationShutdown {
  private readonly logger = new Logger(SightingsService.name);
  private waiting = new Map<string, Waiting>();
  private waitingSnaps = 0;
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();

  constructor(private readonly devices: DevicesRepository) {}

  /** @param context - the snaps that the device says it has, as they came; undefined where it says nothing */
  note(session: ProvenDevice, userAgent: string | undefined, context: readonly unknown[] | undefined): void {
    const key = `${session.brandId}/${session.model}/${session.serial}`;
    const before = this.waiting.get(key);
    if (!before && this.waiting.size >= MAX_WAITING_DEVICES) return;
    if (before && before.session.trust !== 'unknown' && session.trust === 'unknown') return;
    const said = context?.length === 0 ? undefined : context;
    const isRoom =
      this.waitingSnaps - (before?.context?.length ?? 0) + (said?.length ?? 0) <= MAX_WAITING_SNAPS;
    const kept = said && isRoom ? said : before?.context;
    this.waitingSnaps += (kept?.length ?? 0) - (before?.context?.length ?? 0);
    this.waiting.set(key, {
      session,
      seenAt: new Date(),
      userAgent: userAgent ?? before?.userAgent,
      context: kept,
    });
    this.timer ??= setTimeout(() => void this.write(), WRITE_EVERY_MS).unref();
  }

  /** Writes down what waits. What cannot be written is dropped: the devices will come again. */
  async write(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { waiting } = this;
    this.waiting = new Map();
    this.waitingSnaps = 0;
    this.writing = this.writing.then(() => this.writeAll([...waiting.values()]));
    await this.writing;
  }

  /** While the database is still there. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.write();
  }

  private async writeAll(waiting: readonly Waiting[]): Promise<void> {
    try {
      for (let at = 0; at < waiting.length; at += ROWS_AT_ONCE) {
        const added = await this.devices.note(waiting.slice(at, at + ROWS_AT_ONCE).map(sighting));
        if (added > 0) await this.devices.forgetSurplus(MAX_DEVICES);
      }
    } catch (error) {
      this.logger.warn(`cannot note which devices were here: ${String(error)}`);
    }
  }
}

function sighting({ session, seenAt, userAgent, context }: Waiting): Sighting {
  const { brandId, model, serial, trust } = session;
  return {
    brandId,
    model,
    serial,
    trust,
    seenAt,
    snapdVersion: snapdVersion(userAgent),
    snaps: runningSnaps(context),
  };
}
