import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DatabaseService } from '../database/database.service.js';
import { SECRET_COLUMNS, type SecretColumn } from './secret-places.js';

/** For a table that other processes read. */
const LOCK_PATIENCE = '5s';

/** A secret as stored in its row. */
export interface StoredSecret {
  readonly row: readonly string[];
  readonly value: string;
}

/** The id of the key that wraps the secrets of the database, and the secrets. */
@Injectable()
export class SecretsRepository {
  constructor(private readonly database: DatabaseService) {}

  /** The pool that is open now. Another pool may be of another database. */
  async pool(): Promise<object> {
    return await this.database.ready();
  }

  async findKeyId(): Promise<string | undefined> {
    return (await this.database.query<{ keyId: string }>('select key_id as "keyId" from secrets_key'))[0]
      ?.keyId;
  }

  /** As {@link findKeyId}. The key in use stays the same until the transaction ends. */
  async holdKeyId(tx: EntityManager): Promise<string | undefined> {
    const rows = await tx.query<{ keyId: string }[]>('select key_id as "keyId" from secrets_key for share');
    return rows[0]?.keyId;
  }

  /** As {@link findKeyId}. Until the transaction ends, nobody else can change it or wrap a secret. */
  async lockKeyId(tx: EntityManager): Promise<string | undefined> {
    await tx.query('lock table secrets_key in exclusive mode');
    return await this.holdKeyId(tx);
  }

  async putKeyId(tx: EntityManager, keyId: string): Promise<void> {
    await tx.query(
      `insert into secrets_key (key_id) values ($1)
       on conflict (is_only) do update set key_id = excluded.key_id, since = now()`,
      [keyId],
    );
  }

  async findSecrets(tx: EntityManager, { select }: SecretColumn): Promise<StoredSecret[]> {
    return await tx.query<StoredSecret[]>(select);
  }

  /**
   * Rewrites the tables without the old versions of rows, which would otherwise stay in their files for a long
   * time.
   *
   * @throws if another process reads them for longer than {@link LOCK_PATIENCE}: all later readers would wait
   *   too
   */
  async forgetOldRows(): Promise<void> {
    const runner = (await this.database.ready()).createQueryRunner();
    try {
      await runner.query(`set lock_timeout = '${LOCK_PATIENCE}'`);
      const tables = new Set(SECRET_COLUMNS.map(({ table }) => table));
      await runner.query(`vacuum full ${[...tables].join(', ')}`);
    } finally {
      try {
        await runner.query('reset lock_timeout');
      } finally {
        await runner.release();
      }
    }
  }

  async putSecret(tx: EntityManager, { update }: SecretColumn, { row, value }: StoredSecret): Promise<void> {
    await tx.query(update, [value, ...row]);
  }
}
