import type { MigrationInterface, QueryRunner } from 'typeorm';

const CHANNELS = `id, snap_id, architecture, track, risk, branch, revision, released_at, import_id, added_at,
      origin, expires_at`;

const UP = [
  // A release to a percentage of the devices. The other devices get the newest release without a percentage.
  `alter table channel_release add column percentage smallint
     constraint channel_release_percentage_check check (percentage is null or (percentage between 1 and 99 and revision is not null))`,
  `create or replace view channel_current as
    select distinct on (snap_id, architecture, track, risk, branch) ${CHANNELS}, percentage
    from channel_release
    order by snap_id, architecture, track, risk, branch, id desc`,
  `create view channel_settled as
    select distinct on (snap_id, architecture, track, risk, branch) ${CHANNELS}
    from channel_release
    where percentage is null
    order by snap_id, architecture, track, risk, branch, id desc`,
  'create index channel_release_percentage_idx on channel_release (snap_id) where percentage is not null',

  // Groups of devices, which the operator names by serial, by model, or by the store of their model.
  `create table device_group (
    name text not null,
    created_at timestamptz not null default now(),
    constraint device_group_pkey primary key (name)
  )`,
  `create table device_group_member (
    group_name text not null,
    kind text not null
      constraint device_group_member_kind_check check (kind in ('serial', 'model', 'store')),
    value text not null,
    constraint device_group_member_pkey primary key (group_name, kind, value),
    constraint device_group_member_group_name_fkey foreign key (group_name)
      references device_group (name) on delete cascade
  )`,

  // Empty: for all devices.
  `alter table snap_override add column group_name text not null default ''`,
  'alter table snap_override drop constraint snap_override_pkey',
  `alter table snap_override add constraint snap_override_pkey
     primary key (snap_id, architecture, track, risk, branch, group_name)`,
];

const DOWN = [
  `delete from snap_override where group_name <> ''`,
  'alter table snap_override drop constraint snap_override_pkey',
  'alter table snap_override drop column group_name',
  `alter table snap_override add constraint snap_override_pkey
     primary key (snap_id, architecture, track, risk, branch)`,
  'drop table device_group_member, device_group',
  'drop view channel_settled, channel_current',
  'delete from channel_release where percentage is not null',
  'alter table channel_release drop column percentage',
  `create view channel_current as
    select distinct on (snap_id, architecture, track, risk, branch) ${CHANNELS}
    from channel_release
    order by snap_id, architecture, track, risk, branch, id desc`,
];

/** Releases to a percentage of the devices, groups of devices, and overrides for a group. */
export class Rollouts1780000000001 implements MigrationInterface {
  readonly name = 'Rollouts1780000000001';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await queryRunner.query(statement);
  }
}
