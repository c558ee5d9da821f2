import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { RepeatingWork } from '../common/repeating-work.js';
import { DeviceSessionNonceRepository } from './device-session-nonce.repository.js';
import { RunningSnapsRepository } from './running-snaps.repository.js';
import { SerialRequestsRepository } from './serial-requests.repository.js';

/** How often each unit deletes expired rows. */
export const CLEAR_EVERY_MS = 60_000;

/** Deletes expired nonces and request-ids, and snaps that no device runs, even if no new requests come. */
@Injectable()
export class ExpiredRowsService implements BeforeApplicationShutdown {
  private readonly logger = new Logger(ExpiredRowsService.name);
  private readonly clearing = new RepeatingWork(
    CLEAR_EVERY_MS,
    async () => await this.clear(),
    // Then the rows are deleted the next time.
    (error) => this.logger.warn(`cannot delete expired rows: ${String(error)}`),
  );

  constructor(
    private readonly nonces: DeviceSessionNonceRepository,
    private readonly requests: SerialRequestsRepository,
    private readonly running: RunningSnapsRepository,
  ) {}

  /** Starts the timer of a server; it stops with the application. */
  start(): void {
    this.clearing.start();
  }

  /** @param now - milliseconds since 1970 */
  async clear(now = Date.now()): Promise<void> {
    await this.nonces.forgetExpired(now);
    await this.requests.forgetExpired(now);
    await this.running.forgetUnused();
  }

  /** Runs while the database is still connected. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.clearing.stop();
  }
}
