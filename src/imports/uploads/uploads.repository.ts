import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DatabaseService } from '../../database/database.service.js';
import { UPLOAD_LIFETIME_MS, type Upload } from './upload.js';

const COLUMNS = `id, principal, name, metadata, length_bytes::float8 as "lengthBytes",
  received_bytes::float8 as "receivedBytes", job_id::float8 as "jobId", created_at as "createdAt",
  expires_at as "expiresAt"`;

const LATER = `now() + ${UPLOAD_LIFETIME_MS} * interval '1 ms'`;

/** How much is being uploaded. */
export interface UploadTotals {
  readonly count: number;
  readonly bytes: number;
  /** Those of one principal. */
  readonly ownCount: number;
  readonly ownBytes: number;
  /** What has not arrived yet, of all. */
  readonly awaitedBytes: number;
}

/** The table of uploads. */
@Injectable()
export class UploadsRepository {
  constructor(private readonly database: DatabaseService) {}

  /** Until the transaction ends, nobody else begins an upload. */
  async lock(tx: EntityManager): Promise<void> {
    await tx.query(`select pg_advisory_xact_lock(hashtextextended('uploads', 0))`);
  }

  async totals(tx: EntityManager, principal: string): Promise<UploadTotals> {
    const [row] = await tx.query<UploadTotals[]>(
      `select count(*)::float8 as count, coalesce(sum(length_bytes), 0)::float8 as bytes,
         count(*) filter (where principal = $1)::float8 as "ownCount",
         coalesce(sum(length_bytes) filter (where principal = $1), 0)::float8 as "ownBytes",
         coalesce(sum(length_bytes - received_bytes), 0)::float8 as "awaitedBytes"
       from push_upload`,
      [principal],
    );
    return row ?? { count: 0, bytes: 0, ownCount: 0, ownBytes: 0, awaitedBytes: 0 };
  }

  async add(
    tx: EntityManager,
    {
      id,
      principal,
      name,
      metadata,
      lengthBytes,
    }: Pick<Upload, 'id' | 'principal' | 'name' | 'metadata' | 'lengthBytes'>,
  ): Promise<Upload | undefined> {
    const rows = await tx.query<Upload[]>(
      `insert into push_upload (id, principal, name, metadata, length_bytes, expires_at)
       values ($1, $2, $3, $4, $5, ${LATER}) returning ${COLUMNS}`,
      [id, principal, name, metadata, lengthBytes],
    );
    return rows[0];
  }

  async findAll(principal: string): Promise<Upload[]> {
    return await this.database.query<Upload>(
      `select ${COLUMNS} from push_upload where principal = $1 and expires_at > now() order by id`,
      [principal],
    );
  }

  async find(principal: string, id: string): Promise<Upload | undefined> {
    const [row] = await this.database.query<Upload>(
      `select ${COLUMNS} from push_upload where id = $2 and principal = $1 and expires_at > now()`,
      [principal, id],
    );
    return row;
  }

  /** As {@link find}, for a change of it. */
  async lockOne(tx: EntityManager, principal: string, id: string): Promise<Upload | undefined> {
    const [row] = await tx.query<Upload[]>(
      `select ${COLUMNS} from push_upload where id = $2 and principal = $1 and expires_at > now() for update`,
      [principal, id],
    );
    return row;
  }

  /** From now on, nobody else writes to its file. */
  async putWriter(tx: EntityManager, id: string, writer: string): Promise<void> {
    await tx.query('update push_upload set writer = $2 where id = $1', [id, writer]);
  }

  /** @returns undefined if somebody else writes to it by now, or it is gone */
  async putReceived(
    tx: EntityManager,
    id: string,
    writer: string,
    receivedBytes: number,
  ): Promise<Upload | undefined> {
    const [rows] = await tx.query<[Upload[], number]>(
      `update push_upload set received_bytes = $3, expires_at = ${LATER} where id = $1 and writer = $2
       returning ${COLUMNS}`,
      [id, writer, receivedBytes],
    );
    return rows[0];
  }

  /** Gives complete uploads to a job. */
  async putJob(tx: EntityManager, ids: readonly string[], jobId: number): Promise<void> {
    await tx.query('update push_upload set job_id = $2, writer = null where id = any($1)', [ids, jobId]);
  }

  /** Takes the uploads of a job back from it. */
  async release(tx: EntityManager, jobId: number): Promise<void> {
    await tx.query(`update push_upload set job_id = null, expires_at = ${LATER} where job_id = $1`, [jobId]);
  }

  /** @returns the ids of those that were deleted */
  async deleteOf(tx: EntityManager, jobId: number): Promise<string[]> {
    return idsOf(await tx.query('delete from push_upload where job_id = $1 returning id', [jobId]));
  }

  async delete(tx: EntityManager, id: string): Promise<void> {
    await tx.query('delete from push_upload where id = $1', [id]);
  }

  /** Deletes those that have expired; never those of an import. */
  async deleteExpired(tx: EntityManager): Promise<string[]> {
    return idsOf(
      await tx.query('delete from push_upload where expires_at <= now() and job_id is null returning id'),
    );
  }

  /** @returns those of the ids that have a row */
  async existing(ids: readonly string[]): Promise<Set<string>> {
    const rows = await this.database.query<{ id: string }>(
      'select id from push_upload where id = any($1::uuid[])',
      [ids],
    );
    return new Set(rows.map(({ id }) => id));
  }
}

function idsOf([rows]: [{ id: string }[], number]): string[] {
  return rows.map(({ id }) => id);
}
