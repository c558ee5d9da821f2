import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The id of the key that wraps the secrets of this database. The key itself is kept elsewhere. Without a row
 * the secrets are still in clear, and the next process that reads settings wraps them
 * (`secrets/secrets.service.ts`).
 */
export class SecretsKey1820000000300 implements MigrationInterface {
  readonly name = 'SecretsKey1820000000300';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`create table secrets_key (
      is_only boolean not null default true constraint secrets_key_is_only_check check (is_only),
      key_id text not null constraint secrets_key_key_id_check check (key_id ~ '^[0-9a-f]{16}$'),
      since timestamptz not null default now(),
      constraint secrets_key_pkey primary key (is_only)
    )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop table secrets_key');
  }
}
