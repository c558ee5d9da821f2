import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { DeviceSessionNonceRepository } from './device-session-nonce.repository.js';
import { SerialRequestsRepository } from './serial-requests.repository.js';

/** How often each unit deletes expired rows. */
export const CLEAR_EVERY_MS = 60_000;

/** Deletes expired nonces and request-ids, even if no new requests come. */
@Injectable()
export class ExpiredRowsService implements BeforeApplicationShutdown {
  private readonly logger = new Logger(ExpiredRowsService.name);
  private timer: NodeJS.Timeout | undefined;
  private clearing: Promise<void> = Promise.resolve();

  constructor(
    private readonly nonces: DeviceSessionNonceRepository,
    private readonly requests: SerialRequestsRepository,
  ) {}

  /** Starts the timer of a server; it stops with the application. */
  start(): void {
    this.timer ??= setInterval(() => {
      this.clearing = this.clearing.then(() => this.tryToClear());
    }, CLEAR_EVERY_MS).unref();
  }

  /** @param now - milliseconds since 1970 */
  async clear(now = Date.now()): Promise<void> {
    await this.nonces.forgetExpired(now);
    await this.requests.forgetExpired(now);
  }

  /** Runs while the database is still connected. */
  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.clearing;
  }

  /** If this fails, the rows are deleted the next time. */
  private async tryToClear(): Promise<void> {
    try {
      await this.clear();
    } catch (error) {
      this.logger.warn(`cannot delete expired nonces and request-ids: ${String(error)}`);
    }
  }
}
