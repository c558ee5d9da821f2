import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { channelOf, type ChannelRelease } from '../channels/channel-map.js';
import type { Risk } from '../channels/channel.js';

/** One row of a snap's history. */
export interface ReleaseRecord extends ChannelRelease {
  /** When this store noted it; for a push, later than {@link ChannelRelease.releasedAt}. */
  readonly addedAt: Date;
  readonly origin: 'import' | 'operator';
  /** The file that was pushed. */
  readonly source: string | undefined;
  /** When a branch ends by itself. */
  readonly expiresAt: Date | undefined;
}

interface ReleaseRow {
  readonly architecture: string;
  readonly track: string;
  readonly risk: Risk;
  readonly branch: string;
  readonly revision: number | null;
  readonly released_at: Date;
  readonly added_at: Date;
  readonly origin: 'import' | 'operator';
  readonly source: string | null;
  readonly expires_at: Date | null;
  readonly percentage: number | null;
}

/** Reads and adds the releases of a snap, inside a transaction. */
@Injectable()
export class ReleasesRepository {
  /** The snap-id that has a name, or undefined. */
  async findSnapId(tx: EntityManager, name: string): Promise<string | undefined> {
    const rows = await tx.query<{ snap_id: string }[]>(
      `select snap_id from snap where name = $1 and name <> ''`,
      [name],
    );
    return rows[0]?.snap_id;
  }

  /** The architectures of a revision, or undefined where the store does not hold it. */
  async findArchitectures(
    tx: EntityManager,
    snapId: string,
    revision: number,
  ): Promise<string[] | undefined> {
    const rows = await tx.query<{ architectures: string[] }[]>(
      'select architectures from snap_revision where snap_id = $1 and revision = $2',
      [snapId, revision],
    );
    return rows[0]?.architectures;
  }

  /** Every track that something was ever released to or overridden on, and the snap's default tracks. */
  async tracks(tx: EntityManager, snapId: string): Promise<string[]> {
    const rows = await tx.query<{ track: string }[]>(
      `select track from channel_release where snap_id = $1
       union select track from snap_override where snap_id = $1
       union select default_track from snap where snap_id = $1 and default_track <> ''
       union select chosen_default_track from snap where snap_id = $1 and chosen_default_track <> ''
       order by 1`,
      [snapId],
    );
    return rows.map(({ track }) => track);
  }

  async heldRevisions(tx: EntityManager, snapId: string): Promise<number[]> {
    const rows = await tx.query<{ revision: number }[]>(
      'select revision from snap_revision where snap_id = $1 order by revision desc',
      [snapId],
    );
    return rows.map(({ revision }) => revision);
  }

  /** Every release there ever was of a snap, the newest first. */
  async history(tx: EntityManager, snapId: string): Promise<ReleaseRecord[]> {
    const rows = await tx.query<ReleaseRow[]>(
      `select c.*, j.source from channel_release c left join import_job j on j.id = c.import_id
       where c.snap_id = $1 order by c.id desc`,
      [snapId],
    );
    return rows.map((row) => ({
      architecture: row.architecture,
      channel: channelOf(row.track, row.risk, row.branch),
      revision: row.revision,
      releasedAt: row.released_at,
      addedAt: row.added_at,
      origin: row.origin,
      source: row.source ?? undefined,
      expiresAt: row.expires_at ?? undefined,
      ...(row.percentage !== null && { percentage: row.percentage }),
    }));
  }

  /** Adds what the operator decided; what was there before stays on record. */
  async add(
    tx: EntityManager,
    snapId: string,
    { architecture, channel, revision, releasedAt, percentage }: ChannelRelease,
    expiresAt: Date | undefined,
  ): Promise<void> {
    const { track, risk, branch = '' } = channel;
    await tx.query(
      `insert into channel_release
         (snap_id, architecture, track, risk, branch, revision, released_at, expires_at, percentage, origin)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'operator')`,
      [
        snapId,
        architecture,
        track,
        risk,
        branch,
        revision,
        releasedAt,
        expiresAt ?? null,
        percentage ?? null,
      ],
    );
  }
}
