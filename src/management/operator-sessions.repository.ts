import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import {
  MAX_SESSIONS_PER_OPERATOR,
  OPERATOR_SESSION_IDLE_MS,
  OPERATOR_SESSION_LIFETIME_MS,
} from '../common/limits.js';
import { DatabaseService } from '../database/database.service.js';
import type { OperatorSession } from './operator-session.js';

/** A session that is used. */
export interface UsedSession extends OperatorSession {
  readonly passwordTag: Buffer;
}

const COLUMNS = `id::float8 as id, operator, address, user_agent as "userAgent", created_at as "createdAt",
  last_used_at as "lastUsedAt", expires_at as "expiresAt"`;

const IS_OPEN = `expires_at > now() and last_used_at > now() - ${OPERATOR_SESSION_IDLE_MS} * interval '1 ms'`;

/** The table of operators' sessions. */
@Injectable()
export class OperatorSessionsRepository {
  constructor(private readonly database: DatabaseService) {}

  /** Open sessions, the newest first. @param operator - of this one alone; undefined for all */
  async findOpen(operator: string | undefined): Promise<OperatorSession[]> {
    return await this.database.query<OperatorSession>(
      `select ${COLUMNS} from operator_session where ${IS_OPEN} and ($1::text is null or operator = $1) order by id desc`,
      [operator ?? null],
    );
  }

  async findByHash(hash: Buffer): Promise<UsedSession | undefined> {
    const [row] = await this.database.query<UsedSession>(
      `select ${COLUMNS}, password_tag as "passwordTag" from operator_session where hash = $1 and ${IS_OPEN}`,
      [hash],
    );
    return row;
  }

  /** Adds a session, and ends those that are over or too many. */
  async add(
    tx: EntityManager,
    { operator, address, userAgent }: Pick<OperatorSession, 'operator' | 'address' | 'userAgent'>,
    hash: Buffer,
    tag: Buffer,
  ): Promise<OperatorSession | undefined> {
    await tx.query(`delete from operator_session where not (${IS_OPEN})`);
    const rows = await tx.query<OperatorSession[]>(
      `insert into operator_session (hash, operator, password_tag, address, user_agent, expires_at)
       values ($1, $2, $3, $4, $5, now() + ${OPERATOR_SESSION_LIFETIME_MS} * interval '1 ms') returning ${COLUMNS}`,
      [hash, operator, tag, address, userAgent],
    );
    await tx.query(
      `delete from operator_session where id in
         (select id from operator_session where operator = $1 order by id desc offset $2)`,
      [operator, MAX_SESSIONS_PER_OPERATOR],
    );
    return rows[0];
  }

  /** Ends the sessions of an operator but one. @returns those that were ended */
  async deleteOthers(
    tx: EntityManager,
    operator: string,
    kept: number | undefined,
  ): Promise<OperatorSession[]> {
    const [rows] = await tx.query<[OperatorSession[], number]>(
      `delete from operator_session where operator = $1 and ($2::bigint is null or id <> $2) and ${IS_OPEN}
       returning ${COLUMNS}`,
      [operator, kept ?? null],
    );
    return rows;
  }

  async noteUse(id: number): Promise<void> {
    await this.database.query('update operator_session set last_used_at = now() where id = $1', [id]);
  }

  /** @param operator - only where it is this one's; undefined for anybody's. @returns the one that was ended */
  async delete(
    tx: EntityManager,
    id: number,
    operator: string | undefined,
  ): Promise<OperatorSession | undefined> {
    const [rows] = await tx.query<[OperatorSession[], number]>(
      `delete from operator_session where id = $1 and ($2::text is null or operator = $2) returning ${COLUMNS}`,
      [id, operator ?? null],
    );
    return rows[0];
  }
}
