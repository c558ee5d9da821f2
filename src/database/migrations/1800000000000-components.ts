import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Components of snaps, and which component revision belongs to which snap revision. */
export class Components1800000000000 implements MigrationInterface {
  readonly name = 'Components1800000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`create table snap_component (
      snap_id text not null,
      name text not null,
      revision integer not null constraint snap_component_revision_check check (revision > 0),
      sha3_384 bytea not null,
      size_bytes bigint not null constraint snap_component_size_bytes_check check (size_bytes > 0),
      type text not null,
      version text,
      description text not null,
      provenance text not null,
      created_at timestamptz not null,
      import_id bigint not null,
      constraint snap_component_pkey primary key (snap_id, name, revision),
      constraint snap_component_snap_id_fkey foreign key (snap_id) references snap (snap_id),
      constraint snap_component_sha3_384_fkey foreign key (sha3_384) references blob (sha3_384),
      constraint snap_component_import_id_fkey foreign key (import_id) references import_job (id)
    )`);
    await queryRunner.query('create index snap_component_sha3_384_idx on snap_component (sha3_384)');
    // As the snap-resource-pair assertions state, whether or not snap and component are held here.
    await queryRunner.query(`create table snap_component_pair (
      snap_id text not null,
      snap_revision integer not null,
      name text not null,
      revision integer not null,
      provenance text not null,
      constraint snap_component_pair_pkey primary key (snap_id, snap_revision, name, revision, provenance)
    )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop table snap_component, snap_component_pair');
  }
}
