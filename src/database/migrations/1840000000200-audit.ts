import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who changed what. Rows are added and never changed; each holds the hash of the one before it. */
export class Audit1840000000200 implements MigrationInterface {
  readonly name = 'Audit1840000000200';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`create table audit_event (
      sequence bigint constraint audit_event_pkey primary key,
      at timestamptz(3) not null,
      actor_kind text not null,
      actor text not null,
      address text,
      request_id text,
      action text not null,
      subject text not null,
      before text,
      after text,
      previous_hash bytea not null,
      hash bytea not null
    )`);
    await queryRunner.query(`create table audit_head (
      is_only boolean not null default true constraint audit_head_pkey primary key
        constraint audit_head_is_only_check check (is_only),
      sequence bigint not null,
      hash bytea not null
    )`);
    await queryRunner.query(
      `insert into audit_head (sequence, hash) values (0, decode(repeat('00', 32), 'hex'))`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop table audit_head, audit_event');
  }
}
