import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = [
  // Options, files, result and error are JSON. As text they come back as they were written.
  `create table push_job (
    id bigint generated always as identity constraint push_job_pkey primary key,
    state text not null constraint push_job_state_check
      check (state in ('queued', 'running', 'done', 'refused', 'cancelled')),
    actor_kind text not null,
    actor text not null,
    address text,
    request_id text,
    options text not null,
    files text not null,
    total_bytes bigint not null,
    done_bytes bigint not null default 0,
    result text,
    error text,
    cancelled_by text,
    unit uuid,
    lease_until timestamptz,
    attempts integer not null default 0,
    created_at timestamptz not null default now(),
    started_at timestamptz,
    ended_at timestamptz
  )`,
  `create index push_job_open_idx on push_job (id) where state in ('queued', 'running')`,
  `create table push_upload (
    id uuid constraint push_upload_pkey primary key,
    principal text not null,
    name text not null,
    metadata text not null,
    length_bytes bigint not null,
    received_bytes bigint not null default 0,
    writer uuid,
    job_id bigint constraint push_upload_job_id_fkey references push_job (id) on delete set null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    constraint push_upload_received_bytes_check check (received_bytes between 0 and length_bytes)
  )`,
  'create index push_upload_principal_idx on push_upload (principal)',
  'create index push_upload_expires_at_idx on push_upload (expires_at)',
  'create index push_upload_job_id_idx on push_upload (job_id)',
];

/** Pushes over the network: files that arrive in parts, and the jobs that import them. */
export class PushJobs1850000023300 implements MigrationInterface {
  readonly name = 'PushJobs1850000023300';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop table push_upload, push_job');
  }
}
