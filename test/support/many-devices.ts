import { Client } from 'pg';

/** As `devices/devices.repository.ts` counts it. */
const KEY = `('x' || left(md5(concat_ws(' ', s."snap-id", s.channel, 'amd64', s.revision)), 16))::bit(64)::bigint`;
const SNAPS = `jsonb_to_recordset(d.snaps) as s ("snap-id" text, revision integer, channel text)`;

const ID = `rpad('many' || n || 'x', 32, 'x')`;

/** What the snaps are called that {@link addManyDevices} lets devices run: those of `addManySnaps` from 1 on. */
const STATEMENTS = [
  `insert into device (brand_id, model, serial, serial_trust, snapd_version, snaps, first_seen_at, last_seen_at,
     architecture, session_expires_at)
   select 'brand', 'model-' || i % 10, 'sn-' || lpad(i::text, 6, '0'), 'known-brand', '2.68', (
       select jsonb_agg(jsonb_build_object('snap-id', ${ID}, 'revision', 1, 'channel', 'latest/stable'))
       from (select 1 + (i * 7 + at * 13) % $2::int as n from generate_series(1, $3::int) at) run),
     now() - i * interval '1 second', now() - i * interval '1 second', 'amd64', now()
   from generate_series(1, $1::int) i`,
  `insert into running_snap select distinct on (1) ${KEY}, s."snap-id", s.channel, 'amd64', s.revision
   from device d cross join lateral ${SNAPS} on conflict do nothing`,
  `update device d set snap_keys = (select array_agg(distinct ${KEY}) from ${SNAPS})`,
  'vacuum analyze device',
];

/** Devices by their rows alone. */
export interface ManyDevices {
  readonly devices: number;
  /** The snaps that some of them run, in all. */
  readonly snaps: number;
  readonly snapsOfEach: number;
}

/** Puts devices into a store that run revision 1 of the snaps of `addManySnaps`, the same number each. */
export async function addManyDevices(
  databaseUrl: string,
  { devices, snaps, snapsOfEach }: ManyDevices,
): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    for (const [index, sql] of STATEMENTS.entries())
      await client.query(sql, index === 0 ? [devices, snaps, snapsOfEach] : []);
  } finally {
    await client.end();
  }
}
