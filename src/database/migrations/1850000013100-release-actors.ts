import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who released a revision, and who pushed a file. Earlier rows did not record it. */
export class ReleaseActors1850000013100 implements MigrationInterface {
  readonly name = 'ReleaseActors1850000013100';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const table of ['channel_release', 'import_job'])
      await queryRunner.query(`alter table ${table} add column actor_kind text, add column actor text`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of ['import_job', 'channel_release'])
      await queryRunner.query(`alter table ${table} drop column actor, drop column actor_kind`);
  }
}
