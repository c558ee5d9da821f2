import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { DeviceSessionNonceRepository } from './device-session-nonce.repository.js';
import { SerialRequestsRepository } from './serial-requests.repository.js';

/** How often rows that have expired are cleared away, by each unit. */
export const CLEAR_EVERY_MS = 60_000;

/** Clears away nonces and request-ids that nobody can use any more, whether or not others come. */
@Injectable()
export class ExpiredRowsService implements BeforeApplicationShutdown {
  private readonly logger = new Logger(ExpiredRowsService.name);
  private timer: NodeJS.Timeout | undefined;
  private clearing: Promise<void> = Promise.resolve();

  constructor(
    private readonly nonces: DeviceSessionNonceRepository,
    private readonly requests: SerialRequestsRepository,
  ) {}

  /** For a server; it ends with the application. */
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

  /** While the database is still there. */
  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.clearing;
  }

  /** Rows that stay are cleared away the next time. */
  private async tryToClear(): Promise<void> {
    try {
      await this.clear();
    } catch (error) {
      this.logger.warn(`cannot clear away what has expired: ${String(error)}`);
    }
  }
}
