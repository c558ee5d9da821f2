import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = [
  // One row for each pair of revisions for which a delta was tried. Only a delta in state `ready` has a file.
  `create table snap_delta (
    snap_id text not null,
    source_revision integer not null,
    target_revision integer not null,
    state text not null
      constraint snap_delta_state_check check (state in ('started', 'ready', 'too-large', 'failed', 'dropped')),
    reason text,
    attempts integer not null default 0,
    sha3_384 bytea,
    size_bytes bigint constraint snap_delta_size_bytes_check check (size_bytes > 0),
    tried_at timestamptz not null default now(),
    used_at timestamptz,
    constraint snap_delta_pkey primary key (snap_id, source_revision, target_revision),
    constraint snap_delta_ready_check check ((state = 'ready') = (sha3_384 is not null)),
    constraint snap_delta_source_fkey foreign key (snap_id, source_revision)
      references snap_revision (snap_id, revision),
    constraint snap_delta_target_fkey foreign key (snap_id, target_revision)
      references snap_revision (snap_id, revision),
    constraint snap_delta_sha3_384_fkey foreign key (sha3_384) references blob (sha3_384)
  )`,
  `create index snap_delta_sha3_384_idx on snap_delta (sha3_384) where sha3_384 is not null`,
];

/** Deltas between two revisions of a snap. */
export class Deltas1760000000000 implements MigrationInterface {
  readonly name = 'Deltas1760000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop table snap_delta');
  }
}
