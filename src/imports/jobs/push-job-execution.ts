import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { StoreError } from '../../common/errors.js';
import { MAX_ATTEMPTS, RENEW_EVERY_MS, type PushJob, type PushJobEnd } from './push-job.js';
import type { PushJobsService } from './push-jobs.service.js';
import { refusalOf, resultJson } from './push-result.view.js';
import type { PushRun, PushRunService } from './push-run.service.js';

/** How often the progress of a job is written down, in milliseconds, while it changes. */
const PROGRESS_EVERY_MS = 1_000;

/** Why a job is stopped. */
type Stop = 'cancelled' | 'unit-stops' | 'lost';

class Stopped extends Error {
  constructor(readonly why: Stop) {
    super(`the import was stopped: ${why}`);
  }
}

/** One job on the unit that has claimed it. */
export class PushJobExecution {
  private readonly logger = new Logger('Imports');
  private readonly stopping = new AbortController();
  private readonly over = new AbortController();
  private readonly run: PushRun = { outcomes: [], notes: [], onBytes: (done) => (this.doneBytes = done) };
  private doneBytes = 0;

  constructor(
    readonly job: PushJob,
    private readonly unit: string,
    private readonly jobs: PushJobsService,
    private readonly runs: PushRunService,
  ) {}

  stop(why: Stop): void {
    this.stopping.abort(new Stopped(why));
  }

  /** Looks whether the job was cancelled. */
  async look(): Promise<void> {
    const { cancelledBy } = await this.jobs.get(this.job.id);
    if (cancelledBy !== null) this.stop('cancelled');
  }

  /**
   * Does the job, and writes down how it ended. If the database is lost, nothing is written down, and a unit takes the
   * job up when its lease has ended.
   *
   * @param whyNot - why who asked for it may not any more
   */
  async execute(whyNot: () => Promise<string | undefined>): Promise<void> {
    const renewing = this.keepRenewing();
    try {
      const end = await this.end(whyNot);
      if (end === 'give-back') await this.jobs.giveBack(this.job, this.unit);
      else if (end) await this.jobs.finish(this.job, this.unit, end);
    } finally {
      this.over.abort();
      await renewing;
    }
  }

  private async end(
    whyNot: () => Promise<string | undefined>,
  ): Promise<PushJobEnd | 'give-back' | undefined> {
    const { job, run } = this;
    if (job.cancelledBy !== null) return this.cancelled();
    if (job.attempts > MAX_ATTEMPTS) {
      const message = `cannot finish import ${job.id}: the unit that ran it stopped ${MAX_ATTEMPTS} times; see the logs of the units`;
      return { state: 'refused', error: { code: 'storage-failed', message } };
    }
    try {
      const why = await whyNot();
      if (why !== undefined) throw new StoreError('forbidden', `cannot run import ${job.id}: ${why}`);
      const end = await this.runs.push(job, run, this.stopping.signal);
      return end.error?.code === 'database-unavailable' ? undefined : end;
    } catch (error) {
      if (error instanceof Stopped) return this.stopped(error);
      if (!(error instanceof StoreError))
        this.logger.error(`import ${job.id} failed: ${error instanceof Error ? error.stack : String(error)}`);
      return { state: 'refused', result: this.partResult(), error: refusalOf(error) };
    }
  }

  private async renew(): Promise<void> {
    const { job, unit } = this;
    const kept = await this.jobs.renew(job, unit, Math.min(this.doneBytes, job.totalBytes));
    if (!kept) this.stop('lost');
    else if (kept.cancelledBy !== null) this.stop('cancelled');
  }

  private stopped({ why }: Stopped): PushJobEnd | 'give-back' | undefined {
    if (why === 'cancelled') return this.cancelled();
    return why === 'unit-stops' ? 'give-back' : undefined;
  }

  private cancelled(): PushJobEnd {
    return { state: 'cancelled', result: this.partResult() };
  }

  /** What was pushed before it stopped stays. */
  private partResult(): string | undefined {
    const { outcomes, notes } = this.run;
    return outcomes.length === 0 ? undefined : resultJson({ outcomes, notes, missing: [] });
  }

  private async keepRenewing(): Promise<void> {
    let said = 0;
    for (let waited = 0; !this.over.signal.aborted;) {
      await sleep(PROGRESS_EVERY_MS, undefined, { ref: false, signal: this.over.signal }).catch(
        () => undefined,
      );
      waited += PROGRESS_EVERY_MS;
      if (this.over.signal.aborted) return;
      if (waited < RENEW_EVERY_MS && said === this.doneBytes) continue;
      waited = 0;
      said = this.doneBytes;
      await this.renew().catch((error: unknown) =>
        this.logger.warn(`cannot renew the lease of import ${this.job.id}: ${String(error)}`),
      );
    }
  }
}
