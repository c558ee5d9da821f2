import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Releases components to channels: one snap revision may have different components on different channels. */
export class ComponentChannels1830000000100 implements MigrationInterface {
  readonly name = 'ComponentChannels1830000000100';

  async up(queryRunner: QueryRunner): Promise<void> {
    // Without track and risk: on every channel, as components were before, and as components pushed without a
    // snap still are.
    await queryRunner.query(`create table snap_component_release (
      id bigint generated always as identity,
      snap_id text not null,
      name text not null,
      revision integer not null,
      track text,
      risk text constraint snap_component_release_risk_check check (risk in ('stable', 'candidate', 'beta', 'edge')),
      branch text not null default '',
      import_id bigint not null,
      constraint snap_component_release_pkey primary key (id),
      constraint snap_component_release_place_check check ((track is null) = (risk is null)),
      constraint snap_component_release_component_fkey foreign key (snap_id, name, revision)
        references snap_component (snap_id, name, revision),
      constraint snap_component_release_import_id_fkey foreign key (import_id) references import_job (id)
    )`);
    await queryRunner.query(
      'create index snap_component_release_snap_id_idx on snap_component_release (snap_id, name, id desc)',
    );
    await queryRunner.query(`insert into snap_component_release (snap_id, name, revision, import_id)
      select snap_id, name, revision, import_id from snap_component order by snap_id, name, revision`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop table snap_component_release');
  }
}
