import { randomUUID } from 'node:crypto';
import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { NotificationsService } from '../../database/notifications.service.js';
import { ActorContextService } from '../../management/audit/actor-context.service.js';
import { PrincipalsService } from '../../management/principals.service.js';
import { IMPORT_ACCESS } from '../import-access.js';
import { PushJobExecution } from './push-job-execution.js';
import { MAX_RUNNING_JOBS, type PushJob } from './push-job.js';
import { PUSH_JOBS_CHANNEL, PushJobsService } from './push-jobs.service.js';
import { PushRunService } from './push-run.service.js';

/** How often a unit looks for jobs without being told of any: those of a unit that was stopped. */
const LOOK_EVERY_MS = 5_000;

/** Runs the jobs of a server: as many at the same time as all units together may. */
@Injectable()
export class PushJobRunnerService implements BeforeApplicationShutdown {
  private readonly logger = new Logger(PushJobRunnerService.name);
  /** Of this process. */
  private readonly unit = randomUUID();
  private readonly running = new Map<number, { execution: PushJobExecution; ended: Promise<void> }>();
  private readonly ends: (() => void)[] = [];
  private looking: Promise<void> = Promise.resolve();
  private isStopping = false;

  constructor(
    private readonly jobs: PushJobsService,
    private readonly runs: PushRunService,
    private readonly principals: PrincipalsService,
    private readonly actors: ActorContextService,
    private readonly notifications: NotificationsService,
  ) {}

  /** Begins to run jobs; it stops with the application. */
  async start(): Promise<void> {
    const look = () => this.lookSoon();
    this.ends.push(await this.notifications.subscribe(PUSH_JOBS_CHANNEL, (id) => this.heard(id), look));
    const timer = setInterval(look, LOOK_EVERY_MS).unref();
    this.ends.push(() => clearInterval(timer));
    look();
  }

  /** Stops what runs, so that another unit, or this one after its start, does it. The database is still connected. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    for (const end of this.ends) end();
    await this.looking;
    for (const [id, { execution }] of this.running) {
      this.logger.warn(`import ${id} goes back to the queue: this unit stops`);
      execution.stop('unit-stops');
    }
    await Promise.all([...this.running.values()].map(({ ended }) => ended));
  }

  private heard(id: string): void {
    const own = this.running.get(Number(id));
    // Perhaps it is cancelled. What this unit itself says of a job that it runs is no news.
    if (own) void own.execution.look().catch(() => undefined);
    else this.lookSoon();
  }

  private lookSoon(): void {
    this.looking = this.looking.then(() => this.look());
  }

  private async look(): Promise<void> {
    try {
      while (!this.isStopping && this.running.size < MAX_RUNNING_JOBS) {
        const job = await this.jobs.claim(this.unit);
        if (!job) return;
        this.begin(job);
      }
    } catch (error) {
      this.logger.warn(`cannot look for imports: ${String(error)}`);
    }
  }

  private begin(job: PushJob): void {
    const execution = new PushJobExecution(job, this.unit, this.jobs, this.runs);
    const { kind, name, address, requestId } = job.actor;
    const actor = { kind, name, address: address ?? undefined, requestId: requestId ?? undefined };
    const whyNot = async () => await this.principals.whyEnded({ kind, name }, IMPORT_ACCESS);
    const ended = this.actors
      .run(actor, () => execution.execute(whyNot))
      .catch((error: unknown) => this.logger.warn(`cannot finish import ${job.id}: ${String(error)}`))
      .finally(() => {
        this.running.delete(job.id);
        this.lookSoon();
      });
    this.running.set(job.id, { execution, ended });
  }
}
