import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DatabaseService } from '../../database/database.service.js';
import {
  LEASE_MS,
  MAX_KEPT_JOBS,
  MAX_RUNNING_JOBS,
  type PushJob,
  type PushJobActor,
  type PushJobEnd,
  type PushJobError,
  type PushJobState,
} from './push-job.js';

interface JobRow extends Omit<PushJob, 'actor' | 'options' | 'files' | 'error'> {
  readonly actorKind: PushJobActor['kind'];
  readonly actor: string;
  readonly address: string | null;
  readonly requestId: string | null;
  readonly options: string;
  readonly files: string;
  readonly error: string | null;
}

const COLUMNS = `j.id::float8 as id, j.state, j.actor_kind as "actorKind", j.actor, j.address,
  j.request_id as "requestId", j.options, j.files, j.total_bytes::float8 as "totalBytes",
  j.done_bytes::float8 as "doneBytes", j.error, j.cancelled_by as "cancelledBy", j.attempts,
  j.created_at as "createdAt", j.started_at as "startedAt", j.ended_at as "endedAt"`;

const LEASE = `now() + ${LEASE_MS} * interval '1 ms'`;
const IS_LIVE = `state = 'running' and lease_until > now()`;

/** The table of pushes over the network. Leases go by the clock of the database. */
@Injectable()
export class PushJobsRepository {
  constructor(private readonly database: DatabaseService) {}

  /** Until the transaction ends, nobody else adds or begins a job. */
  async lock(tx: EntityManager): Promise<void> {
    await tx.query(`select pg_advisory_xact_lock(hashtextextended('push jobs', 0))`);
  }

  async countQueued(tx: EntityManager, { kind, name }: PushJobActor): Promise<{ all: number; own: number }> {
    const [row] = await tx.query<{ all: number; own: number }[]>(
      `select count(*)::int as all, (count(*) filter (where actor_kind = $1 and actor = $2))::int as own
       from push_job where state = 'queued'`,
      [kind, name],
    );
    return row ?? { all: 0, own: 0 };
  }

  async add(
    tx: EntityManager,
    { actor, options, files, totalBytes }: Pick<PushJob, 'actor' | 'options' | 'files' | 'totalBytes'>,
  ): Promise<number> {
    await tx.query(
      `delete from push_job where id <= (select id from push_job order by id desc offset ${MAX_KEPT_JOBS - 1} limit 1)
         and state not in ('queued', 'running')`,
    );
    const [row] = await tx.query<{ id: number }[]>(
      `insert into push_job (state, actor_kind, actor, address, request_id, options, files, total_bytes)
       values ('queued', $1, $2, $3, $4, $5, $6, $7) returning id::float8 as id`,
      [
        actor.kind,
        actor.name,
        actor.address,
        actor.requestId,
        JSON.stringify(options),
        JSON.stringify(files),
        totalBytes,
      ],
    );
    return row?.id ?? 0;
  }

  /** How many there are in each state. States without any are missing. */
  async countByState(): Promise<{ state: PushJobState; count: number }[]> {
    return await this.database.query('select state, count(*)::int as count from push_job group by state');
  }

  async find(id: number): Promise<PushJob | undefined> {
    const [row] = await this.database.query<JobRow>(`select ${COLUMNS} from push_job j where id = $1`, [id]);
    return row && jobOf(row);
  }

  /** What it brought, as JSON. */
  async findResult(id: number): Promise<string | undefined> {
    const sql = 'select result from push_job where id = $1';
    const [row] = await this.database.query<{ result: string | null }>(sql, [id]);
    return row?.result ?? undefined;
  }

  /** The newest first. @param before - undefined for the newest of all */
  async findPage(
    { before, state }: { before: number | undefined; state: string | undefined },
    limit: number,
  ): Promise<PushJob[]> {
    const rows = await this.database.query<JobRow>(
      `select ${COLUMNS} from push_job j
       where ($1::bigint is null or id < $1) and ($2::text is null or state = $2) order by id desc limit $3`,
      [before ?? null, state ?? null, limit],
    );
    return rows.map(jobOf);
  }

  async lockOne(tx: EntityManager, id: number): Promise<PushJob | undefined> {
    const [row] = await tx.query<JobRow[]>(`select ${COLUMNS} from push_job j where id = $1 for update`, [
      id,
    ]);
    return row && jobOf(row);
  }

  /**
   * Gives a unit the next job, unless as many run as may: one that waits, or one whose unit does not answer any more.
   * Whoever has a job running waits for those who have none.
   */
  async claim(tx: EntityManager, unit: string): Promise<PushJob | undefined> {
    await this.lock(tx);
    const [live] = await tx.query<{ count: number }[]>(
      `select count(*)::int as count from push_job where ${IS_LIVE}`,
    );
    if ((live?.count ?? 0) >= MAX_RUNNING_JOBS) return undefined;
    const [rows] = await tx.query<[JobRow[], number]>(
      `update push_job j set state = 'running', unit = $1, lease_until = ${LEASE}, attempts = attempts + 1,
         started_at = coalesce(started_at, now()), done_bytes = 0
       where id = (
         select o.id from push_job o where o.state = 'queued' or (o.state = 'running' and o.lease_until <= now())
         order by exists (select from push_job r where r.state = 'running' and r.lease_until > now()
           and r.actor_kind = o.actor_kind and r.actor = o.actor), o.id
         limit 1 for update skip locked)
       returning ${COLUMNS}`,
      [unit],
    );
    return rows[0] && jobOf(rows[0]);
  }

  /** Says that a unit still works on a job. @returns undefined if the job is not the unit's any more */
  async renew(
    tx: EntityManager,
    { id, unit, doneBytes }: { id: number; unit: string; doneBytes: number },
  ): Promise<{ cancelledBy: string | null } | undefined> {
    const [rows] = await tx.query<[{ cancelledBy: string | null }[], number]>(
      `update push_job set lease_until = ${LEASE}, done_bytes = $3
       where id = $1 and unit = $2 and state = 'running' returning cancelled_by as "cancelledBy"`,
      [id, unit, doneBytes],
    );
    return rows[0];
  }

  /** @param unit - undefined for a job that waits. @returns whether it was the unit's */
  async finish(
    tx: EntityManager,
    id: number,
    unit: string | undefined,
    { state, result, error }: PushJobEnd,
  ): Promise<boolean> {
    const [, count] = await tx.query<[unknown, number]>(
      `update push_job set state = $3, result = $4, error = $5, ended_at = now(), unit = null, lease_until = null,
         done_bytes = case when $3 = 'done' then total_bytes else done_bytes end
       where id = $1 and unit is not distinct from $2::uuid and state in ('queued', 'running')`,
      [id, unit ?? null, state, result ?? null, error ? JSON.stringify(error) : null],
    );
    return count > 0;
  }

  /** Puts a job back among those that wait, as if it had not been begun. */
  async giveBack(tx: EntityManager, id: number, unit: string): Promise<void> {
    await tx.query(
      `update push_job set state = 'queued', unit = null, lease_until = null, attempts = attempts - 1, done_bytes = 0
       where id = $1 and unit = $2 and state = 'running'`,
      [id, unit],
    );
  }

  async putCancelled(tx: EntityManager, id: number, by: string): Promise<void> {
    await tx.query('update push_job set cancelled_by = $2 where id = $1', [id, by]);
  }
}

function jobOf(row: JobRow): PushJob {
  const { actorKind, actor, address, requestId, options, files, error, ...rest } = row;
  return {
    ...rest,
    actor: { kind: actorKind, name: actor, address, requestId },
    options: JSON.parse(options) as PushJob['options'],
    files: JSON.parse(files) as PushJob['files'],
    error: error === null ? undefined : (JSON.parse(error) as PushJobError),
  };
}
