import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = [
  'delete from bundle_source',
  'alter table bundle_source drop constraint bundle_source_pkey',
  'alter table bundle_source add column snap_id text not null',
  'alter table bundle_source add constraint bundle_source_pkey primary key (source, key_id, snap_id)',
];

const DOWN = [
  'delete from bundle_source',
  'alter table bundle_source drop constraint bundle_source_pkey',
  'alter table bundle_source drop column snap_id',
  'alter table bundle_source add constraint bundle_source_pkey primary key (source, key_id)',
];

/**
 * When the newest bundle of each source that contains a snap was made. A bundle of other snaps tells nothing
 * about its age. Earlier rows did not record the snaps of a bundle.
 */
export class BundleSnaps1830000000400 implements MigrationInterface {
  readonly name = 'BundleSnaps1830000000400';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await queryRunner.query(statement);
  }
}
