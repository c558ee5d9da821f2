import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { BlobStoreService } from '../blobs/blob-store.service.js';
import { CATALOGUE_CHANNEL } from '../catalogue/catalogue.service.js';
import { HoldingsService } from '../catalogue/holdings.service.js';
import { StoreError } from '../common/errors.js';
import { findProgram } from '../common/files/find-program.js';
import { NotificationsService } from '../database/notifications.service.js';
import { SettingsService } from '../settings/settings.service.js';
import { DeltaKeeperService } from './delta-keeper.service.js';
import { DeltaMakerService, MIN_TARGET_BYTES } from './delta-maker.service.js';
import { DeltaPlanService } from './delta-plan.service.js';
import { pairKey, type RevisionPair } from './delta.js';
import { DELTAS_ENABLED } from './delta.settings.js';
import { DeltasRepository } from './deltas.repository.js';
import { XDELTA3 } from './xdelta3.js';

/** The delay after a change of the catalogue, because a series of imports makes several changes. */
const PAUSE_MS = 5_000;

/** The interval without changes, because devices report other revisions and failed attempts are repeated. */
const ROUND_EVERY_MS = 60 * 60 * 1_000;

/** The delay before another try while another unit is making deltas. */
const WAIT_FOR_OTHERS_MS = 30_000;

/** The share of the disk that is reserved for imports: with less free space, no delta is made. */
export const KEPT_FREE_SHARE = 0.05;

/**
 * Makes deltas in the background of a server: one at a time, by one unit at a time, with the lowest priority for
 * processors and disk.
 */
@Injectable()
export class DeltaWorkerService implements BeforeApplicationShutdown {
  private readonly logger = new Logger(DeltaWorkerService.name);
  private readonly stopping = new AbortController();
  private readonly ends: (() => void)[] = [];
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private lastWarning = '';

  constructor(
    private readonly plan: DeltaPlanService,
    private readonly holdings: HoldingsService,
    private readonly deltas: DeltasRepository,
    private readonly keeper: DeltaKeeperService,
    private readonly maker: DeltaMakerService,
    private readonly blobs: BlobStoreService,
    private readonly settings: SettingsService,
    private readonly notifications: NotificationsService,
  ) {}

  /** Starts the first round, and another one after each change of snaps or settings. */
  async start(): Promise<void> {
    const soon = () => this.roundIn(PAUSE_MS);
    await this.settings.watch(soon);
    this.ends.push(await this.notifications.subscribe(CATALOGUE_CHANNEL, soon, soon));
    const hourly = setInterval(soon, ROUND_EVERY_MS).unref();
    this.ends.push(() => clearInterval(hourly));
    soon();
  }

  /** Makes the wanted deltas that are missing; rounds requested meanwhile follow. For tests, and the timer. */
  async round(): Promise<void> {
    this.running = this.running
      .then(() => this.runRound())
      .catch((error: unknown) => {
        if (!this.stopping.signal.aborted) this.warn(`cannot make deltas: ${messageOf(error)}`);
      });
    await this.running;
  }

  /** Runs while the database is still connected. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    clearTimeout(this.timer);
    for (const end of this.ends) end();
    await this.running;
  }

  private roundIn(ms: number): void {
    if (this.timer !== undefined || this.stopping.signal.aborted) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.round();
    }, ms).unref();
  }

  private async runRound(): Promise<void> {
    if (this.stopping.signal.aborted || !(await this.settings.get(DELTAS_ENABLED))) return;
    const program = await findProgram(XDELTA3);
    if (program === undefined)
      this.warn(
        `no deltas are made: the program ${XDELTA3} is not installed; install its package (Debian: xdelta3)`,
      );
    const wasAlone = await this.deltas.whileAlone(async () => {
      await this.blobs.sweepIncoming();
      const wanted = await this.plan.wanted();
      await this.keeper.keepWithin(wanted);
      if (program !== undefined) await this.makeAll(program, wanted);
    });
    if (!wasAlone) this.roundIn(WAIT_FOR_OTHERS_MS);
  }

  private async makeAll(program: string, wanted: readonly RevisionPair[]): Promise<void> {
    for (const pair of await this.keeper.missing(wanted)) {
      if (this.stopping.signal.aborted || !(await this.settings.get(DELTAS_ENABLED))) return;
      if ((await this.blobs.freeShare()) < KEPT_FREE_SHARE) {
        this.warn(`no deltas are made: less than ${KEPT_FREE_SHARE * 100} % of the disk is free`);
        return;
      }
      await this.makeOne(program, pair, wanted);
    }
  }

  private async makeOne(program: string, pair: RevisionPair, wanted: readonly RevisionPair[]): Promise<void> {
    const { snapId } = pair;
    const revisions = [pair.source, pair.target];
    const fileOf = await this.holdings.findFiles(revisions.map((revision) => ({ snapId, revision })));
    const [source, target] = revisions.map((revision) => fileOf(snapId, revision));
    if (!source || !target || target.sizeBytes < MIN_TARGET_BYTES) return;
    await this.deltas.begin(pair);
    try {
      const made = await this.maker.make(program, source, target, this.stopping.signal);
      if ('staged' in made) await this.keeper.keep(pair, made.staged, wanted);
      else {
        await this.deltas.giveUp(pair, made.outcome);
        if (made.outcome.state === 'failed')
          this.warn(`cannot make delta ${pairKey(pair)}: ${made.outcome.reason}`);
      }
    } catch (error) {
      // The pair is not the cause: the server stops, or the disk or the database fails.
      await this.deltas.takeBack(pair).catch(() => undefined);
      throw error;
    }
  }

  /** Logs a message only once, until another one was logged. */
  private warn(message: string): void {
    if (message !== this.lastWarning) this.logger.warn(message);
    this.lastWarning = message;
  }
}

function messageOf(error: unknown): string {
  return error instanceof StoreError || error instanceof Error ? error.message : String(error);
}
