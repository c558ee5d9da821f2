import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { CATALOGUE_CHANNEL, CatalogueService } from '../catalogue/catalogue.service.js';
import { NotificationsService } from '../database/notifications.service.js';
import { NamesService } from './search/names.service.js';

/** The delay after the last change of the catalogue, because an import makes many. */
const PAUSE_MS = 2_000;

/**
 * Reads the snaps into the memory of a server, in the background and in turn with requests, so that no
 * device waits because it is the first after a start or an import.
 */
@Injectable()
export class WarmUpService implements BeforeApplicationShutdown {
  private readonly logger = new Logger(WarmUpService.name);
  /** Snaps that changed since they were read; undefined: possibly any. */
  private changed: Set<string> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private unsubscribe: (() => void) | undefined;
  private isStopping = false;

  constructor(
    private readonly catalogue: CatalogueService,
    private readonly names: NamesService,
    private readonly notifications: NotificationsService,
  ) {}

  /** Starts, and runs again after every change. */
  async start(): Promise<void> {
    this.unsubscribe = await this.notifications.subscribe(
      CATALOGUE_CHANNEL,
      (snapId) => {
        this.changed?.add(snapId);
        this.startIn(PAUSE_MS);
      },
      () => {
        this.changed = undefined;
        this.startIn(PAUSE_MS);
      },
    );
    this.startIn(0);
  }

  /** Runs while the database is still connected. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    clearTimeout(this.timer);
    this.unsubscribe?.();
    await this.running;
  }

  private startIn(milliseconds: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.running = this.running.then(async () => await this.run());
    }, milliseconds).unref();
  }

  /** After an error, snaps are read when a device requests them. */
  private async run(): Promise<void> {
    const { changed } = this;
    this.changed = new Set();
    try {
      await this.catalogue.warmUp(changed && [...changed], () => this.isStopping);
      if (!this.isStopping) await this.names.prepare();
    } catch (error) {
      this.changed = undefined;
      this.logger.debug(`cannot preload snaps: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
