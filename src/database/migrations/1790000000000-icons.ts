import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The icon of each snap, from its newest revision. */
export class Icons1790000000000 implements MigrationInterface {
  readonly name = 'Icons1790000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`create table snap_icon (
      snap_id text not null,
      sha3_384 bytea not null constraint snap_icon_sha3_384_check check (octet_length(sha3_384) = 48),
      media_type text not null,
      bytes bytea not null,
      constraint snap_icon_pkey primary key (snap_id),
      constraint snap_icon_snap_id_fkey foreign key (snap_id) references snap (snap_id)
    )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop table snap_icon');
  }
}
