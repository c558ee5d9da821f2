import type { MigrationInterface, QueryRunner } from 'typeorm';

/** As `devices/running-snaps.repository.ts` counts it. */
const KEY = `('x' || left(md5(concat_ws(' ', s."snap-id", coalesce(s.channel, 'stable'), '', s.revision)), 16))::bit(64)::bigint`;
const SNAPS = `jsonb_to_recordset(device.snaps) as s ("snap-id" text, revision integer, channel text)`;

const UP = [
  // What a device said in its last refresh, and what its session says. Null: not known yet.
  `alter table device add column architecture text, add column store_id text,
     add column session_expires_at timestamptz, add column snap_keys bigint[]`,

  // Each snap, channel, architecture and revision that devices run, once. An empty architecture is not known.
  `create table running_snap (
    key bigint not null,
    snap_id text not null,
    channel text not null,
    architecture text not null,
    revision integer not null,
    constraint running_snap_pkey primary key (key)
  )`,
  'create index running_snap_snap_id_idx on running_snap (snap_id, revision)',
  `insert into running_snap (key, snap_id, channel, architecture, revision)
   select distinct on (1) ${KEY}, s."snap-id", coalesce(s.channel, 'stable'), '', s.revision
   from device cross join lateral ${SNAPS} where device.snaps is not null limit 50000`,
  `update device set snap_keys = coalesce((select array_agg(distinct coalesce(r.key, 0))
     from ${SNAPS} left join running_snap r on r.key = ${KEY}), '{}')
   where snaps is not null`,

  'create index device_snap_keys_idx on device using gin (snap_keys)',
  'create index device_last_seen_idx on device (last_seen_at, brand_id, model, serial)',
];

/** Finds devices by what they run, and by when they were here. */
export class RunningSnaps1840000002337 implements MigrationInterface {
  readonly name = 'RunningSnaps1840000002337';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop index device_last_seen_idx');
    await queryRunner.query('drop table running_snap');
    await queryRunner.query(
      `alter table device drop column snap_keys, drop column session_expires_at, drop column store_id,
         drop column architecture`,
    );
  }
}
