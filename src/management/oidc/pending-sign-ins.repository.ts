import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { MAX_PENDING_SIGN_INS, PENDING_SIGN_IN_LIFETIME_MS } from '../../common/limits.js';
import { DatabaseService } from '../../database/database.service.js';

/** A sign-in that a browser has begun. */
export interface PendingSignIn {
  /** SHA-256 of what only that browser has. */
  readonly browserHash: Buffer;
}

/** The table of sign-ins at the identity provider that are not finished. It holds hashes alone. */
@Injectable()
export class PendingSignInsRepository {
  constructor(private readonly database: DatabaseService) {}

  /** Holds off others until the transaction ends, and drops what has expired. */
  async lock(tx: EntityManager): Promise<void> {
    await tx.query(`select pg_advisory_xact_lock(hashtextextended('oidc sign-ins', 0))`);
    await tx.query('delete from oidc_sign_in where expires_at <= now()');
  }

  async count(tx: EntityManager, address: string): Promise<number> {
    const sql = 'select count(*) from oidc_sign_in where address = $1';
    return Number((await tx.query<{ count: string }[]>(sql, [address]))[0]?.count);
  }

  /** Adds one; of more than there may be, the oldest are dropped. */
  async add(tx: EntityManager, stateHash: Buffer, browserHash: Buffer, address: string): Promise<void> {
    await tx.query(
      `insert into oidc_sign_in (state_hash, browser_hash, address, expires_at)
       values ($1, $2, $3, now() + ${PENDING_SIGN_IN_LIFETIME_MS} * interval '1 ms')`,
      [stateHash, browserHash, address],
    );
    await tx.query(
      `delete from oidc_sign_in where state_hash in
         (select state_hash from oidc_sign_in order by expires_at desc offset $1)`,
      [MAX_PENDING_SIGN_INS],
    );
  }

  /** Takes one away: it is finished once. @returns undefined where there is none, or it has expired */
  async take(stateHash: Buffer): Promise<PendingSignIn | undefined> {
    const [row] = await this.database.query<PendingSignIn>(
      `with taken as (delete from oidc_sign_in where state_hash = $1 and expires_at > now() returning browser_hash)
       select browser_hash as "browserHash" from taken`,
      [stateHash],
    );
    return row;
  }
}
