import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The pictures of a snap's listing in the upstream store, and when the bundle that lists them was made. */
export class ListedMedia1810000000000 implements MigrationInterface {
  readonly name = 'ListedMedia1810000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`create table snap_media (
      snap_id text not null,
      sha3_384 bytea not null,
      media_type text not null,
      constraint snap_media_pkey primary key (snap_id, sha3_384),
      constraint snap_media_snap_id_fkey foreign key (snap_id) references snap (snap_id),
      constraint snap_media_sha3_384_fkey foreign key (sha3_384) references blob (sha3_384)
    )`);
    await queryRunner.query('create index snap_media_sha3_384_idx on snap_media (sha3_384)');
    await queryRunner.query(`alter table snap
      add column listed_media jsonb,
      add column listed_media_at timestamptz,
      add constraint snap_listed_media_check check ((listed_media is null) = (listed_media_at is null))`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('alter table snap drop column listed_media_at, drop column listed_media');
    await queryRunner.query('drop table snap_media');
  }
}
