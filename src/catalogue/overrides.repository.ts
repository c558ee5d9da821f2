import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ANY_ARCHITECTURE, channelOf } from '../channels/channel-map.js';
import type { ChannelOverride } from '../channels/channel-override.js';
import type { Channel, Risk } from '../channels/channel.js';
import { DatabaseService } from '../database/database.service.js';
import type { ListedOverride, OverridesWindow, SnapOverride } from './listed-override.js';

const KEY = `array[s.name, o.track, o.risk, o.branch, o.architecture, o.group_name] collate "C"`;

interface OverrideRow {
  readonly snap_id: string;
  readonly architecture: string;
  readonly track: string;
  readonly risk: Risk;
  readonly branch: string;
  readonly revision: number;
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly group_name: string;
}

/** The revisions that the operator pins devices to, independent of the channels' releases. */
@Injectable()
export class OverridesRepository {
  constructor(private readonly database: DatabaseService) {}

  /** The overrides of a snap, including expired ones. */
  async findAll(tx: EntityManager, snapId: string): Promise<SnapOverride[]> {
    const rows = await tx.query<OverrideRow[]>(
      `select * from snap_override where snap_id = $1
       order by track, array_position(array['stable', 'candidate', 'beta', 'edge'], risk), branch, architecture,
         group_name`,
      [snapId],
    );
    return rows.map(toOverride);
  }

  /** The active overrides of all snaps, the newest first. */
  async findInForce(): Promise<SnapOverride[]> {
    const rows = await this.database.query<OverrideRow>(
      `select * from snap_override where expires_at is null or expires_at > now()
       order by created_at desc, snap_id`,
    );
    return rows.map(toOverride);
  }

  /** A part of the active overrides of all snaps, in the order of {@link overrideKey}. */
  async findPage({ limit, after, group }: OverridesWindow): Promise<ListedOverride[]> {
    const rows = await this.database.query<OverrideRow & { name: string; upstream: number | null }>(
      `select o.*, s.name, (select case when r.expires_at is null or r.expires_at > now() then r.revision end
           from channel_settled r where r.snap_id = o.snap_id and r.track = o.track and r.risk = o.risk
             and r.branch = o.branch and r.architecture in (o.architecture, $3)
           order by r.released_at desc limit 1) as upstream
       from snap_override o join snap s using (snap_id)
       where s.name <> '' and (o.expires_at is null or o.expires_at > now()) and ($1::text[] is null or ${KEY} > $1)
         and ($2::text is null or o.group_name = $2)
       order by ${KEY} limit $4`,
      [after ?? null, group ?? null, ANY_ARCHITECTURE, limit],
    );
    return rows.map(({ name, upstream, ...row }) => ({
      ...toOverride(row),
      name,
      upstreamRevision: upstream,
    }));
  }

  /** The names of snaps with an override for a group that has not expired at this time. */
  async snapsHeldFor(tx: EntityManager, group: string, now: Date): Promise<string[]> {
    const rows = await tx.query<{ name: string }[]>(
      `select distinct s.name from snap_override o join snap s using (snap_id)
       where o.group_name = $1 and (o.expires_at is null or o.expires_at > $2) order by s.name`,
      [group, now],
    );
    return rows.map((row) => row.name);
  }

  async put(tx: EntityManager, snapId: string, override: ChannelOverride): Promise<void> {
    const { architecture, channel, revision, since, until, group } = override;
    await tx.query(
      `insert into snap_override
         (snap_id, architecture, track, risk, branch, revision, created_at, expires_at, group_name)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
       on conflict (snap_id, architecture, track, risk, branch, group_name)
       do update set revision = $6, created_at = $7, expires_at = $8`,
      [
        snapId,
        architecture,
        channel.track,
        channel.risk,
        channel.branch ?? '',
        revision,
        since,
        until ?? null,
        group ?? '',
      ],
    );
  }

  /** Deletes the overrides for a group, or for all devices, of all architectures. */
  async delete(
    tx: EntityManager,
    snapId: string,
    { track, risk, branch = '' }: Channel,
    group: string | undefined,
  ): Promise<void> {
    await tx.query(
      `delete from snap_override
       where snap_id = $1 and track = $2 and risk = $3 and branch = $4 and group_name = $5`,
      [snapId, track, risk, branch, group ?? ''],
    );
  }

  async deleteEnded(tx: EntityManager, snapId: string, now: Date): Promise<void> {
    await tx.query('delete from snap_override where snap_id = $1 and expires_at <= $2', [snapId, now]);
  }
}

function toOverride(row: OverrideRow): SnapOverride {
  return {
    snapId: row.snap_id,
    architecture: row.architecture,
    channel: channelOf(row.track, row.risk, row.branch),
    revision: row.revision,
    since: row.created_at,
    until: row.expires_at ?? undefined,
    ...(row.group_name !== '' && { group: row.group_name }),
  };
}
