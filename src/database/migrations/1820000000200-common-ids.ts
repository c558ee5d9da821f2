import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Finds snaps by the ids that they share with other packages of the same software. */
export class CommonIds1820000000200 implements MigrationInterface {
  readonly name = 'CommonIds1820000000200';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      'create index snap_revision_common_ids_idx on snap_revision using gin (common_ids)',
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop index snap_revision_common_ids_idx');
  }
}
