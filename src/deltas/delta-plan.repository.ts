import { Injectable } from '@nestjs/common';
import { channelOf } from '../channels/channel-map.js';
import type { Channel, Risk } from '../channels/channel.js';
import { DatabaseService } from '../database/database.service.js';
import type { RevisionPair } from './delta.js';
import type { HeldRevision } from './held-revisions.service.js';

/** One end of a delta. */
export interface PlannedRevision {
  /** SHA3-384 of the snap file, 48 bytes. */
  readonly digest: Buffer;
  readonly sizeBytes: number;
  readonly architectures: readonly string[];
}

/** A revision that devices are held to on a channel. */
export interface PlannedOverride {
  readonly snapId: string;
  readonly architecture: string;
  readonly channel: Channel;
  readonly revision: number;
  /** Empty for all devices. */
  readonly group: string;
}

/** Reads what decides between which revisions deltas are worth making. */
@Injectable()
export class DeltaPlanRepository {
  constructor(private readonly database: DatabaseService) {}

  /** What devices with a session had when they were here last; what most of them have first, believed ones before others. */
  async heldByDevices(): Promise<HeldRevision[]> {
    const rows = await this.database.query<Omit<HeldRevision, 'architecture'>>(
      `select held.snap_id as "snapId", held.revision, held.channel from (
         select snap ->> 'snap-id' as snap_id, (snap ->> 'revision')::integer as revision,
           coalesce(snap ->> 'channel', 'stable') as channel,
           count(*) filter (where serial_trust <> 'unknown') as believed, count(*) as devices
         from device, jsonb_array_elements(snaps) snap where snaps is not null group by 1, 2, 3) held
       join snap_revision r on r.snap_id = held.snap_id and r.revision = held.revision
       order by held.believed desc, held.devices desc, held.snap_id, held.revision desc, held.channel`,
    );
    return rows.map((row) => ({ ...row, architecture: undefined }));
  }

  /** From what each channel pointed at before to what it points at now; what was released last first. */
  async previousReleases(): Promise<RevisionPair[]> {
    return await this.database.query<RevisionPair>(
      `select c.snap_id as "snapId", p.revision as source, c.revision as target
       from channel_current c join lateral (
         select r.revision from channel_release r
         where r.snap_id = c.snap_id and r.architecture = c.architecture and r.track = c.track
           and r.risk = c.risk and r.branch = c.branch and r.id < c.id
           and r.revision is not null and r.revision <> c.revision
         order by r.id desc limit 1) p on true
       where c.revision is not null
       group by 1, 2, 3 order by max(c.id) desc`,
    );
  }

  /** The overrides in force, the newest first. */
  async overrides(): Promise<PlannedOverride[]> {
    const rows = await this.database.query<
      Omit<PlannedOverride, 'channel'> & { track: string; risk: Risk; branch: string }
    >(
      `select snap_id as "snapId", architecture, track, risk, branch, revision, group_name as "group"
       from snap_override where expires_at is null or expires_at > now() order by created_at desc, snap_id`,
    );
    return rows.map(({ track, risk, branch, ...row }) => ({
      ...row,
      channel: channelOf(track, risk, branch),
    }));
  }

  async findRevision(snapId: string, revision: number): Promise<PlannedRevision | undefined> {
    const [row] = await this.database.query<{
      digest: Buffer;
      sizeBytes: string;
      architectures: readonly string[];
    }>(
      `select sha3_384 as digest, size_bytes as "sizeBytes", architectures from snap_revision
       where snap_id = $1 and revision = $2`,
      [snapId, revision],
    );
    return row && { ...row, sizeBytes: Number(row.sizeBytes) };
  }
}
