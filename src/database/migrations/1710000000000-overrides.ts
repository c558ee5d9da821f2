import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = [
  // Who moved the channel: a pushed file, or the operator. Branches may expire.
  `alter table channel_release
    add column origin text not null default 'import'
      constraint channel_release_origin_check check (origin in ('import', 'operator')),
    add column expires_at timestamptz`,
  `create or replace view channel_current as
    select distinct on (snap_id, architecture, track, risk, branch)
      id, snap_id, architecture, track, risk, branch, revision, released_at, import_id, added_at,
      origin, expires_at
    from channel_release
    order by snap_id, architecture, track, risk, branch, id desc`,

  // What devices get instead of the channel's revision.
  `create table snap_override (
    snap_id text not null,
    architecture text not null,
    track text not null,
    risk text not null
      constraint snap_override_risk_check check (risk in ('stable', 'candidate', 'beta', 'edge')),
    branch text not null default '',
    revision integer not null,
    created_at timestamptz not null,
    expires_at timestamptz,
    constraint snap_override_pkey primary key (snap_id, architecture, track, risk, branch),
    constraint snap_override_snap_id_fkey foreign key (snap_id) references snap (snap_id),
    constraint snap_override_revision_fkey foreign key (snap_id, revision)
      references snap_revision (snap_id, revision)
  )`,
];

const DOWN = [
  'drop table snap_override',
  'drop view channel_current',
  'alter table channel_release drop column origin, drop column expires_at',
  `create view channel_current as
    select distinct on (snap_id, architecture, track, risk, branch)
      id, snap_id, architecture, track, risk, branch, revision, released_at, import_id, added_at
    from channel_release
    order by snap_id, architecture, track, risk, branch, id desc`,
];

/** Releases by the operator, branches that expire, and overrides. */
export class Overrides1710000000000 implements MigrationInterface {
  readonly name = 'Overrides1710000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await queryRunner.query(statement);
  }
}
