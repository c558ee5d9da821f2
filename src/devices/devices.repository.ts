import { Injectable } from '@nestjs/common';
import type { SerialTrust } from '../brand-stores/device-session.js';
import {
  MAX_DEVICES,
  MAX_RUNNING_SNAPS,
  MAX_UNPROVEN_DEVICES,
  MAX_UNPROVEN_DEVICES_PER_ADDRESS,
  MAX_UNPROVEN_DEVICES_PER_MODEL,
} from '../common/limits.js';
import { DatabaseService } from '../database/database.service.js';
import { TransactionsService } from '../database/transactions.service.js';
import type { Sighting } from './sighting.js';

/** A revision that devices have. */
export interface DeviceRevision {
  readonly snapId: string;
  readonly revision: number;
  readonly channel: string;
}

/** How many devices there are, and how many were here within the last day, 7 days and 30 days. */
export interface DeviceCounts {
  readonly all: number;
  readonly day: number;
  readonly week: number;
  readonly month: number;
}

/** The number of devices with a revision. */
export interface RevisionDevices {
  readonly revision: number;
  readonly devices: number;
}

/** The devices that have a snap. */
export interface SnapDevices {
  readonly total: number;
  /** The most frequent revisions first. */
  readonly revisions: readonly RevisionDevices[];
}

/** A device that was not known before. */
export interface NewDevice {
  readonly brandId: string;
  readonly model: string;
  readonly trust: SerialTrust;
  readonly seenFrom: string;
}

/** Selects devices that exceed a limit, as SQL conditions. */
interface Surplus {
  /** The devices that are counted. */
  readonly of: string;
  /** The devices that may be deleted; by default, the same ones. */
  readonly go?: string;
  /** The parameters from `$2`. */
  readonly parameters?: readonly unknown[];
}

const SEEN = `jsonb_to_recordset($1::jsonb) as seen (brand_id text, model text, serial text, serial_trust text,
  snapd_version text, snaps text, seen_at timestamptz, seen_from text, architecture text, store_id text,
  session_expires_at timestamptz)`;

const RUNNING = 'jsonb_to_recordset(seen.snaps::jsonb) as s ("snap-id" text, revision integer, channel text)';

/** A number for each snap, channel, architecture and revision. 0 is for those that are not in the table. */
const KEY = `('x' || left(md5(concat_ws(' ', s."snap-id", coalesce(s.channel, 'stable'), seen.architecture, s.revision)), 16))::bit(64)::bigint`;

/** What devices run, where it is new. In the order of the keys, so that units cannot deadlock. */
const NOTE_SNAPS = `insert into running_snap (key, snap_id, channel, architecture, revision)
  select * from (
    select distinct on (1) ${KEY} as key, s."snap-id", coalesce(s.channel, 'stable'), seen.architecture, s.revision
    from ${SEEN} cross join lateral ${RUNNING} where seen.snaps is not null) run
  where not exists (select from running_snap known where known.key = run.key)
  order by run.key limit (select greatest(0, $2 - count(*)) from running_snap)
  on conflict do nothing`;

const NOTE_DEVICES = `insert into device (brand_id, model, serial, serial_trust, snapd_version, snaps, first_seen_at,
    last_seen_at, seen_from, architecture, store_id, session_expires_at, snap_keys)
  select brand_id, model, serial, serial_trust, snapd_version, snaps::jsonb, seen_at, seen_at, seen_from,
    architecture, store_id, session_expires_at, case when snaps is not null then coalesce((
      select array_agg(distinct coalesce(known.key, 0))
      from ${RUNNING} left join running_snap known on known.key = ${KEY}), '{}') end
  from ${SEEN} order by brand_id, model, serial
  on conflict (brand_id, model, serial) do update set
    serial_trust = excluded.serial_trust,
    snapd_version = coalesce(excluded.snapd_version, device.snapd_version),
    snaps = coalesce(excluded.snaps, device.snaps),
    snap_keys = coalesce(excluded.snap_keys, device.snap_keys),
    architecture = coalesce(excluded.architecture, device.architecture),
    store_id = coalesce(excluded.store_id, device.store_id),
    session_expires_at = greatest(device.session_expires_at, excluded.session_expires_at),
    last_seen_at = greatest(device.last_seen_at, excluded.last_seen_at),
    seen_from = excluded.seen_from
  where excluded.serial_trust <> 'unknown' or device.serial_trust = 'unknown'
  returning brand_id as "brandId", model, serial_trust as trust, seen_from as "seenFrom", xmax = 0 as "isNew"`;

const UNPROVEN = `serial_trust = 'unknown'`;

/** The table of devices that have opened a session. */
@Injectable()
export class DevicesRepository {
  constructor(
    private readonly database: DatabaseService,
    private readonly transactions: TransactionsService,
  ) {}

  /**
   * Records visits of devices, in the order of their keys, so that units cannot deadlock. A visit with an unverified
   * serial does not overwrite the data of a device with a verified one.
   *
   * @returns the devices that are new
   */
  async note(sightings: readonly Sighting[]): Promise<NewDevice[]> {
    const rows = JSON.stringify(sightings.map(rowOf));
    return await this.transactions.run(async (tx) => {
      await tx.query(NOTE_SNAPS, [rows, MAX_RUNNING_SNAPS]);
      const written = await tx.query<(NewDevice & { isNew: boolean })[]>(NOTE_DEVICES, [rows]);
      return written.filter(({ isNew }) => isNew);
    });
  }

  /**
   * Deletes the devices that exceed a limit, starting with the oldest visits. Limits exist for each address and model
   * with new unverified devices, for all unverified devices, and for all devices. Rows that another unit is
   * writing are kept.
   */
  async forgetSurplus(added: readonly NewDevice[]): Promise<void> {
    const unproven = added.filter(({ trust }) => trust === 'unknown');
    for (const seenFrom of new Set(unproven.map((device) => device.seenFrom)))
      await this.forgetOldest(MAX_UNPROVEN_DEVICES_PER_ADDRESS, {
        of: `${UNPROVEN} and seen_from = $2`,
        parameters: [seenFrom],
      });
    for (const { brandId, model } of oneOfEachModel(unproven))
      await this.forgetOldest(MAX_UNPROVEN_DEVICES_PER_MODEL, {
        of: `${UNPROVEN} and brand_id = $2 and model = $3`,
        parameters: [brandId, model],
      });
    if (unproven.length > 0) await this.forgetOldest(MAX_UNPROVEN_DEVICES, { of: UNPROVEN });
    await this.forgetOldest(MAX_DEVICES, {
      of: 'true',
      go: `${UNPROVEN} or (brand_id, model) = (
        select brand_id, model from device group by brand_id, model order by count(*) desc limit 1)`,
    });
  }

  /** Deletes unverified devices first, in the order of their last visit, then the others that may be deleted. */
  private async forgetOldest(limit: number, { of, go = of, parameters = [] }: Surplus): Promise<void> {
    await this.database.query(
      // Materialized, because a plan could otherwise run the selection several times with different results.
      `with surplus as materialized (
         select brand_id, model, serial from device where ${go}
         order by serial_trust <> 'unknown', last_seen_at, brand_id, model, serial
         limit greatest(0, (select count(*) from device where ${of}) - $1)
         for update skip locked)
       delete from device using surplus
       where device.brand_id = surplus.brand_id and device.model = surplus.model
         and device.serial = surplus.serial`,
      [limit, ...parameters],
    );
  }

  async count(): Promise<DeviceCounts> {
    const within = (days: number) => `count(*) filter (where last_seen_at > now() - interval '${days} days')`;
    const [row] = await this.database.query<Record<keyof DeviceCounts, string>>(
      `select count(*) as all, ${within(1)} as day, ${within(7)} as week, ${within(30)} as month from device`,
    );
    return {
      all: Number(row?.all ?? 0),
      day: Number(row?.day ?? 0),
      week: Number(row?.week ?? 0),
      month: Number(row?.month ?? 0),
    };
  }

  /**
   * Which of some revisions devices had when they were here last, and on which channel; what most of them have first,
   * believed ones before others.
   */
  async findHeld(snapIds: readonly string[], revisions: readonly number[]): Promise<DeviceRevision[]> {
    return await this.database.query<DeviceRevision>(
      `select held.snap_id as "snapId", held.revision, held.channel from (
         select snap ->> 'snap-id' as snap_id, (snap ->> 'revision')::integer as revision,
           coalesce(snap ->> 'channel', 'stable') as channel,
           count(*) filter (where serial_trust <> 'unknown') as believed, count(*) as devices
         from device, jsonb_array_elements(snaps) snap where snaps is not null group by 1, 2, 3) held
       join unnest($1::text[], $2::integer[]) r (snap_id, revision) using (snap_id, revision)
       order by held.believed desc, held.devices desc, held.snap_id, held.revision desc, held.channel`,
      [snapIds, revisions],
    );
  }

  /** How many devices had each revision of a snap when they were here last; the most frequent first. */
  async countWith(snapId: string, limit: number): Promise<SnapDevices> {
    const rows = await this.database.query<RevisionDevices & { total: number }>(
      `select (snap ->> 'revision')::integer as revision, count(*)::int as devices, (sum(count(*)) over ())::int as total
       from device, jsonb_array_elements(snaps) snap
       where snaps @> jsonb_build_array(jsonb_build_object('snap-id', $1::text)) and snap ->> 'snap-id' = $1
       group by 1 order by 2 desc, 1 desc limit $2`,
      [snapId, limit],
    );
    return {
      total: rows[0]?.total ?? 0,
      revisions: rows.map(({ revision, devices }) => ({ revision, devices })),
    };
  }
}

function rowOf(sighting: Sighting): object {
  return {
    brand_id: sighting.brandId,
    model: sighting.model,
    serial: sighting.serial,
    serial_trust: sighting.trust,
    snapd_version: sighting.snapdVersion,
    snaps: sighting.snaps,
    seen_at: sighting.seenAt,
    seen_from: sighting.seenFrom,
    architecture: sighting.architecture,
    store_id: sighting.storeId,
    session_expires_at: sighting.expiresAt === undefined ? undefined : new Date(sighting.expiresAt),
  };
}

function oneOfEachModel(devices: readonly NewDevice[]): NewDevice[] {
  return [...new Map(devices.map((device) => [`${device.brandId}/${device.model}`, device])).values()];
}
