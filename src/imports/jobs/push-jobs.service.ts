import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { parseChannel } from '../../channels/channel.js';
import { StoreError } from '../../common/errors.js';
import { NotificationsService } from '../../database/notifications.service.js';
import { TransactionsService } from '../../database/transactions.service.js';
import { AuditService } from '../../management/audit/audit.service.js';
import { principalKey } from '../../management/principal.js';
import { UploadsService } from '../uploads/uploads.service.js';
import {
  isOver,
  MAX_QUEUED_JOBS,
  MAX_QUEUED_JOBS_PER_PRINCIPAL,
  type PushJob,
  type PushJobActor,
  type PushJobEnd,
  type PushJobOptions,
  type PushJobState,
} from './push-job.js';
import { PushJobsRepository } from './push-jobs.repository.js';

/** Tells all units of the id of a job that has changed. */
export const PUSH_JOBS_CHANNEL = 'push-jobs';

/** When somebody may try again who has too many jobs waiting. */
const RETRY_SECONDS = 30;

/** A push that somebody asks for. */
export interface NewPushJob {
  readonly actor: PushJobActor;
  /** Ids of complete uploads of the same person. */
  readonly uploads: readonly string[];
  readonly options: PushJobOptions;
}

/** Pushes over the network: those that wait, run and are over. */
@Injectable()
export class PushJobsService {
  /** How the jobs ended that this unit has seen the end of. */
  readonly ended: Record<PushJobEnd['state'], number> = { done: 0, refused: 0, cancelled: 0 };

  constructor(
    private readonly repository: PushJobsRepository,
    private readonly uploads: UploadsService,
    private readonly transactions: TransactionsService,
    private readonly notifications: NotificationsService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Makes a job of uploads.
   *
   * @throws StoreError `not-found` or `conflict` on an upload that cannot be used, `invalid-request` on two of the same
   *   name, `invalid-channel`, `too-many-requests` if too many jobs wait
   */
  async add({ actor, uploads, options }: NewPushJob): Promise<PushJob> {
    const principal = principalKey(actor);
    checkOptions(options, uploads);
    const given = await Promise.all(uploads.map((id) => this.uploads.get(principal, id)));
    const files = given.map(({ id, name, lengthBytes }) => ({ id, name, sizeBytes: lengthBytes }));
    const twice = files.find(({ name }, at) => files.findIndex((other) => other.name === name) !== at);
    if (twice)
      throw new StoreError('invalid-request', `cannot import two files with the name ${twice.name}`, {
        field: 'uploads',
      });
    const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const id = await this.transactions.run(async (tx) => {
      await this.repository.lock(tx);
      const { all, own } = await this.repository.countQueued(tx, actor);
      if (own >= MAX_QUEUED_JOBS_PER_PRINCIPAL || all >= MAX_QUEUED_JOBS)
        throw new StoreError(
          'too-many-requests',
          `cannot begin another import: ${all >= MAX_QUEUED_JOBS ? all : own} are waiting; try again when some are over`,
          { retryAfterSeconds: RETRY_SECONDS },
        );
      const added = await this.repository.add(tx, { actor, options, files, totalBytes });
      await this.uploads.claim(tx, principal, uploads, added);
      await this.tell(tx, added);
      return added;
    });
    return await this.get(id);
  }

  /** How many jobs there are in each state, as far as they are kept. */
  async countByState(): Promise<Record<PushJobState, number>> {
    const none = { queued: 0, running: 0, done: 0, refused: 0, cancelled: 0 };
    const counts = await this.repository.countByState();
    return { ...none, ...Object.fromEntries(counts.map(({ state, count }) => [state, count])) };
  }

  /** @throws StoreError `not-found` */
  async get(id: number): Promise<PushJob> {
    return found(Number.isSafeInteger(id) ? await this.repository.find(id) : undefined, id);
  }

  /** What a job brought, as JSON; undefined before it is over. */
  async result(id: number): Promise<string | undefined> {
    return await this.repository.findResult(id);
  }

  /** Jobs before one, the newest first. @param before - undefined for the newest of all */
  async list(
    limit: number,
    { before, state }: { before?: number | undefined; state?: string | undefined },
  ): Promise<PushJob[]> {
    return await this.repository.findPage({ before, state }, limit);
  }

  /**
   * Cancels a job: at once if it waits; as soon as it can be stopped if it runs. What it has committed stays.
   *
   * @param by - who asks
   * @throws StoreError `not-found`; `conflict` if it is over
   */
  async cancel(id: number, by: string): Promise<PushJob> {
    await this.get(id);
    await this.transactions.run(async (tx) => {
      const job = found(await this.repository.lockOne(tx, id), id);
      if (isOver(job)) throw new StoreError('conflict', `cannot cancel import ${id}: it is ${job.state}`);
      await this.repository.putCancelled(tx, id, by);
      this.audit.record(tx, { action: 'import.cancel', subject: String(id), before: { state: job.state } });
      if (job.state === 'queued') await this.end(tx, job, undefined, { state: 'cancelled' });
      else await this.tell(tx, id);
    });
    return await this.get(id);
  }

  /** Gives a unit the next job that it may begin. */
  async claim(unit: string): Promise<PushJob | undefined> {
    return await this.transactions.run(async (tx) => {
      const job = await this.repository.claim(tx, unit);
      if (job) await this.tell(tx, job.id);
      return job;
    });
  }

  /** Says that a unit works on a job, and how far it is. @returns undefined if the job is not the unit's any more */
  async renew(
    job: PushJob,
    unit: string,
    doneBytes: number,
  ): Promise<{ cancelledBy: string | null } | undefined> {
    return await this.transactions.run(async (tx) => {
      const kept = await this.repository.renew(tx, { id: job.id, unit, doneBytes });
      if (kept) await this.tell(tx, job.id);
      return kept;
    });
  }

  /** Writes down how a job of a unit has ended. Its uploads are deleted if they are in the store now. */
  async finish(job: PushJob, unit: string, end: PushJobEnd): Promise<void> {
    const clean = await this.transactions.run((tx) => this.end(tx, job, unit, end));
    await clean();
  }

  /** Lets another unit begin a job that this one cannot finish. */
  async giveBack(job: PushJob, unit: string): Promise<void> {
    await this.transactions.run(async (tx) => {
      await this.repository.giveBack(tx, job.id, unit);
      await this.tell(tx, job.id);
    });
  }

  private async end(
    tx: EntityManager,
    job: PushJob,
    unit: string | undefined,
    end: PushJobEnd,
  ): Promise<() => Promise<void>> {
    const nothing = () => Promise.resolve();
    if (!(await this.repository.finish(tx, job.id, unit, end))) return nothing;
    this.ended[end.state] += 1;
    await this.tell(tx, job.id);
    if (end.state === 'done' && !job.options.dryRun) return await this.uploads.consume(tx, job.id);
    await this.uploads.release(tx, job.id);
    return nothing;
  }

  private async tell(tx: EntityManager, id: number): Promise<void> {
    await this.notifications.publish(tx, PUSH_JOBS_CHANNEL, String(id));
  }
}

function checkOptions({ channels, isStoreExport }: PushJobOptions, uploads: readonly string[]): void {
  for (const channel of channels) parseChannel(channel);
  if (isStoreExport && uploads.length !== 1)
    throw new StoreError('invalid-request', 'cannot import the export of a store with other files', {
      field: 'uploads',
    });
  if (new Set(uploads).size !== uploads.length)
    throw new StoreError('invalid-request', 'cannot import an upload twice', { field: 'uploads' });
}

function found(job: PushJob | undefined, id: number): PushJob {
  if (job) return job;
  throw new StoreError('not-found', `cannot find import ${id}: there is none`);
}
