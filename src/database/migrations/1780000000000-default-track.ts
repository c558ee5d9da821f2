import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The default track that the operator chose. Null: nothing was chosen. Empty: no default track. */
export class DefaultTrack1780000000000 implements MigrationInterface {
  readonly name = 'DefaultTrack1780000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('alter table snap add column chosen_default_track text');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('alter table snap drop column chosen_default_track');
  }
}
