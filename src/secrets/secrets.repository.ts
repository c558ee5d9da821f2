import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DatabaseService } from '../database/database.service.js';
import { SECRET_COLUMNS, type SecretColumn } from './secret-places.js';

/** For a table that others read. */
const LOCK_PATIENCE = '5s';

/** A secret as its row holds it. */
export interface StoredSecret {
  readonly row: readonly string[];
  readonly value: string;
}

/** Which key the secrets of the database are wrapped with, and all of them. */
@Injectable()
export class SecretsRepository {
  constructor(private readonly database: DatabaseService) {}

  /** The pool that is open now: another one is of another database, perhaps. */
  async pool(): Promise<object> {
    return await this.database.ready();
  }

  async findKeyId(): Promise<string | undefined> {
    return (await this.database.query<{ keyId: string }>('select key_id as "keyId" from secrets_key'))[0]
      ?.keyId;
  }

  /** As {@link findKeyId}; the key in use stays the same until the transaction ends. */
  async holdKeyId(tx: EntityManager): Promise<string | undefined> {
    const rows = await tx.query<{ keyId: string }[]>('select key_id as "keyId" from secrets_key for share');
    return rows[0]?.keyId;
  }

  /** As {@link findKeyId}; nobody else changes it, or wraps a secret, until the transaction ends. */
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
   * Rewrites the tables without the rows as they were before: those would stay in their files for long.
   *
   * @throws where somebody reads them for longer than {@link LOCK_PATIENCE}: all who come later would wait, too
   */
  async forgetOldRows(): Promise<void> {
    const runner = (await this.database.ready()).createQueryRunner();
    try {
      await runner.query(`set lock_timeout = '${LOCK_PATIENCE}'`);
      await runner.query(`vacuum full ${SECRET_COLUMNS.map(({ table }) => table).join(', ')}`);
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
