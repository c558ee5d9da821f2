import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { IDEMPOTENCY_KEY_LIFETIME_MS } from '../../common/limits.js';
import { DatabaseService } from '../../database/database.service.js';

/** A request that was sent before with the same key. */
export interface KnownRequest {
  readonly requestHash: Buffer;
  readonly isDone: boolean;
  /** `null` where it is not kept. */
  readonly answer: string | null;
}

/** The table of idempotency keys. */
@Injectable()
export class IdempotencyKeysRepository {
  constructor(private readonly database: DatabaseService) {}

  async deleteExpired(tx: EntityManager): Promise<void> {
    await tx.query(
      `delete from idempotency_key where created_at < now() - ${IDEMPOTENCY_KEY_LIFETIME_MS} * interval '1 ms'`,
    );
  }

  async count(tx: EntityManager, principal: string): Promise<number> {
    const sql = 'select count(*) from idempotency_key where principal = $1';
    return Number((await tx.query<{ count: string }[]>(sql, [principal]))[0]?.count);
  }

  /** @returns whether the key is new */
  async add(tx: EntityManager, principal: string, key: string, requestHash: Buffer): Promise<boolean> {
    const rows = await tx.query<unknown[]>(
      `insert into idempotency_key (principal, key, request_hash) values ($1, $2, $3)
       on conflict do nothing returning key`,
      [principal, key, requestHash],
    );
    return rows.length === 1;
  }

  async find(tx: EntityManager, principal: string, key: string): Promise<KnownRequest | undefined> {
    const [row] = await tx.query<KnownRequest[]>(
      `select request_hash as "requestHash", is_done as "isDone", answer from idempotency_key
       where principal = $1 and key = $2`,
      [principal, key],
    );
    return row;
  }

  async finish(principal: string, key: string, answer: string | null): Promise<void> {
    await this.database.query(
      'update idempotency_key set is_done = true, answer = $3 where principal = $1 and key = $2',
      [principal, key, answer],
    );
  }

  async delete(principal: string, key: string): Promise<void> {
    await this.database.query('delete from idempotency_key where principal = $1 and key = $2', [
      principal,
      key,
    ]);
  }
}
