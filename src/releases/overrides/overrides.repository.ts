import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { channelOf } from '../../channels/channel-map.js';
import type { ChannelOverride } from '../../channels/channel-override.js';
import type { Channel, Risk } from '../../channels/channel.js';

interface OverrideRow {
  readonly architecture: string;
  readonly track: string;
  readonly risk: Risk;
  readonly branch: string;
  readonly revision: number;
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly group_name: string;
}

/** The overrides of snaps, read and written inside a transaction. */
@Injectable()
export class OverridesRepository {
  /** Those of a snap, ended ones too. */
  async findAll(tx: EntityManager, snapId: string): Promise<ChannelOverride[]> {
    const rows = await tx.query<OverrideRow[]>(
      `select * from snap_override where snap_id = $1
       order by track, array_position(array['stable', 'candidate', 'beta', 'edge'], risk), branch, architecture,
         group_name`,
      [snapId],
    );
    return rows.map((row) => ({
      architecture: row.architecture,
      channel: channelOf(row.track, row.risk, row.branch),
      revision: row.revision,
      since: row.created_at,
      until: row.expires_at ?? undefined,
      ...(row.group_name !== '' && { group: row.group_name }),
    }));
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

  /** Deletes those of every architecture that are for a group, or for all devices. */
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
