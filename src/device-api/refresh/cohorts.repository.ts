import { Injectable } from '@nestjs/common';
import { REVISION_JSON, toRevision, type RevisionRow } from '../../catalogue/snap-record.js';
import type { SnapRevision } from '../../catalogue/snap.js';
import { channelOf, type ChannelRelease } from '../../channels/channel-map.js';
import { isInForce } from '../../channels/channel-override.js';
import type { Risk } from '../../channels/channel.js';
import { DatabaseService } from '../../database/database.service.js';
import type { CohortView } from './cohort-key.js';

interface ReleaseRow {
  readonly architecture: string;
  readonly track: string;
  readonly risk: Risk;
  readonly branch: string;
  readonly revision: number | null;
  readonly released_at: Date;
  readonly expires_at: Date | null;
}

/** Reads what channels pointed at before. */
@Injectable()
export class CohortsRepository {
  constructor(private readonly database: DatabaseService) {}

  /** The number of each snap's newest release, by snap-id. Those of one snap are added one after another. */
  async newestReleases(snapIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const rows = await this.database.query<{ snap_id: string; id: string }>(
      'select snap_id, max(id) as id from channel_release where snap_id = any ($1) group by snap_id',
      [snapIds],
    );
    return new Map(rows.map(({ snap_id: snapId, id }) => [snapId, Number(id)]));
  }

  async findRevisions(snapId: string, revisions: readonly number[]): Promise<SnapRevision[]> {
    const rows = await this.database.query<{ revision: RevisionRow }>(
      `select ${REVISION_JSON} as revision from snap_revision r
       where r.snap_id = $1 and r.revision = any ($2)`,
      [snapId, revisions],
    );
    return rows.map((row) => toRevision(row.revision));
  }

  /** What the channels of a snap pointed at by then. A branch that has ended since is closed. */
  async releasesOf(
    snapId: string,
    view: CohortView,
    now: number,
  ): Promise<(ChannelRelease & { readonly expiresAt: Date | null })[]> {
    const [condition, limit] =
      'releaseId' in view ? ['id <= $2', view.releaseId] : ['added_at <= $2', view.addedBefore];
    const rows = await this.database.query<ReleaseRow>(
      `select distinct on (architecture, track, risk, branch)
         architecture, track, risk, branch, revision, released_at, expires_at
       from channel_release where snap_id = $1 and percentage is null and ${condition}
       order by architecture, track, risk, branch, id desc`,
      [snapId, limit],
    );
    return rows.map((row) => ({
      architecture: row.architecture,
      channel: channelOf(row.track, row.risk, row.branch),
      revision: isInForce(row.expires_at ?? undefined, now) ? row.revision : null,
      releasedAt: row.released_at,
      expiresAt: row.expires_at,
    }));
  }
}
