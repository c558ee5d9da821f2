import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When the newest bundle of each source was made, per signing key (empty: unsigned). */
export class BundleSource1700000002000 implements MigrationInterface {
  readonly name = 'BundleSource1700000002000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`create table bundle_source (
      source text not null,
      key_id text not null,
      newest_created_at timestamptz not null,
      constraint bundle_source_pkey primary key (source, key_id)
    )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop table bundle_source');
  }
}
