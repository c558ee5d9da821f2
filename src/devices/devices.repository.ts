import { Injectable } from '@nestjs/common';
import { DatabaseService } from '../database/database.service.js';
import type { SerialTrust } from '../common/proven-device.js';
import type { RunningSnap, Sighting } from './sighting.js';

/** A device that was here, as the store knows it. */
export interface KnownDevice {
  readonly brandId: string;
  readonly model: string;
  readonly serial: string;
  readonly trust: SerialTrust;
  readonly snapdVersion: string | null;
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
  /** Null as long as it did not say; the names of those that the store holds. */
  readonly snaps: readonly (RunningSnap & { readonly name?: string })[] | null;
}

/** The devices that have opened a session. */
@Injectable()
export class DevicesRepository {
  constructor(private readonly database: DatabaseService) {}

  /**
   * Notes devices that were here. In the order of their keys, so that units do not wait for each other in a circle.
   * What is said with a serial that nobody vouches for does not take the place of what a device with a good one says.
   *
   * @returns how many of them are new
   */
  async note(sightings: readonly Sighting[]): Promise<number> {
    const rows = sightings.map(({ brandId, model, serial, trust, seenAt, snapdVersion, snaps }) => ({
      brand_id: brandId,
      model,
      serial,
      serial_trust: trust,
      snapd_version: snapdVersion,
      snaps,
      seen_at: seenAt,
    }));
    const written = await this.database.query<{ is_new: boolean }>(
      `insert into device
         (brand_id, model, serial, serial_trust, snapd_version, snaps, first_seen_at, last_seen_at)
       select brand_id, model, serial, serial_trust, snapd_version, snaps, seen_at, seen_at
       from jsonb_to_recordset($1::jsonb) as seen (brand_id text, model text, serial text,
         serial_trust text, snapd_version text, snaps jsonb, seen_at timestamptz)
       order by brand_id, model, serial
       on conflict (brand_id, model, serial) do update set
         serial_trust = excluded.serial_trust,
         snapd_version = coalesce(excluded.snapd_version, device.snapd_version),
         snaps = coalesce(excluded.snaps, device.snaps),
         last_seen_at = greatest(device.last_seen_at, excluded.last_seen_at)
       where excluded.serial_trust <> 'unknown' or device.serial_trust = 'unknown'
       returning xmax = 0 as is_new`,
      [JSON.stringify(rows)],
    );
    return written.filter(({ is_new: isNew }) => isNew).length;
  }

  /** Forgets those that were not here for longest, of devices that nobody vouches for, as many as are too many. Those being noted stay. */
  async forgetSurplus(limit: number): Promise<void> {
    await this.database.query(
      // Materialized, or a plan may run the selection several times, and each time it finds others.
      `with surplus as materialized (
         select brand_id, model, serial from device where serial_trust = 'unknown'
         order by last_seen_at, brand_id, model, serial
         limit greatest(0, (select count(*) from device) - $1)
         for update skip locked)
       delete from device using surplus
       where device.brand_id = surplus.brand_id and device.model = surplus.model
         and device.serial = surplus.serial and device.serial_trust = 'unknown'`,
      [limit],
    );
  }

  /** Every device, by brand, model and serial. */
  async findAll(): Promise<KnownDevice[]> {
    const names = new Map(
      (await this.database.query<{ snap_id: string; name: string }>('select snap_id, name from snap')).map(
        ({ snap_id: snapId, name }) => [snapId, name],
      ),
    );
    const devices = await this.database.query<KnownDevice>(
      `select brand_id as "brandId", model, serial, serial_trust as trust, snapd_version as "snapdVersion",
         first_seen_at as "firstSeenAt", last_seen_at as "lastSeenAt", snaps
       from device order by brand_id, model, serial`,
    );
    return devices.map((device) => ({
      ...device,
      snaps:
        device.snaps?.map((snap) => {
          const name = names.get(snap['snap-id']) ?? '';
          return name === '' ? snap : { name, ...snap };
        }) ?? null,
    }));
  }
}
