import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Requests of the management API that may be sent again, and what was answered to them. */
export class IdempotencyKeys1840000000100 implements MigrationInterface {
  readonly name = 'IdempotencyKeys1840000000100';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`create table idempotency_key (
      principal text not null,
      key text not null,
      request_hash bytea not null,
      is_done boolean not null default false,
      answer text,
      created_at timestamptz not null default now(),
      constraint idempotency_key_pkey primary key (principal, key)
    )`);
    await queryRunner.query('create index idempotency_key_created_at_idx on idempotency_key (created_at)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop table idempotency_key');
  }
}
