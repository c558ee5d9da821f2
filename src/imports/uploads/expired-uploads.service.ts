import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { RepeatingWork } from '../../common/repeating-work.js';
import { UploadsService } from './uploads.service.js';

/** How often each unit deletes uploads that have expired. */
const CLEAR_EVERY_MS = 60_000;

/** Deletes uploads that were left, even if nobody begins another one. */
@Injectable()
export class ExpiredUploadsService implements BeforeApplicationShutdown {
  private readonly logger = new Logger(ExpiredUploadsService.name);
  private readonly clearing = new RepeatingWork(
    CLEAR_EVERY_MS,
    async () => await this.uploads.clear(),
    (error) => this.logger.warn(`cannot delete expired uploads: ${String(error)}`),
  );

  constructor(private readonly uploads: UploadsService) {}

  /** Starts the timer of a server; it stops with the application. */
  start(): void {
    this.clearing.start();
  }

  /** Runs while the database is still connected. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.clearing.stop();
  }
}
