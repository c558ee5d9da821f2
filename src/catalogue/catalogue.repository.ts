import { Injectable } from '@nestjs/common';
import { DatabaseService } from '../database/database.service.js';
import type { EarlierReleases } from './release-record.js';
import { refColumns, type RevisionRef } from './revision-ref.js';
import {
  REVISION_JSON,
  SNAP_SQL,
  SnapRecord,
  toRevision,
  type RevisionRow,
  type SnapRow,
} from './snap-record.js';
import type { SnapRevision } from './snap.js';

/** The ids of snaps with some ids and names; each kind uses its own index. */
const IDS = `array(select snap_id from snap where snap_id = any ($1)
  union select snap_id from snap where name = any ($2) and name <> '')`;

/** Reads snaps, their channels and their revisions. */
@Injectable()
export class CatalogueRepository {
  constructor(private readonly database: DatabaseService) {}

  /** The snaps with some ids and names, without their data. */
  async findRefs(
    snapIds: readonly string[],
    names: readonly string[],
  ): Promise<{ readonly snapId: string; readonly name: string }[]> {
    return await this.database.query(
      `select snap_id as "snapId", name from snap where snap_id = any (${IDS})`,
      [snapIds, names],
    );
  }

  async findIds(): Promise<string[]> {
    const rows = await this.database.query<{ snap_id: string }>('select snap_id from snap order by snap_id');
    return rows.map((row) => row.snap_id);
  }

  /** The snaps with some ids and names, in no order. */
  async findSnaps(snapIds: readonly string[], names: readonly string[]): Promise<SnapRecord[]> {
    const rows = await this.database.query<SnapRow>(`${SNAP_SQL} where s.snap_id = any (${IDS})`, [
      snapIds,
      names,
    ]);
    return rows.map(({ record }) => new SnapRecord(record));
  }

  /** Those of a list of revisions that are in the store, in no order. */
  async findRevisions(wanted: readonly RevisionRef[]): Promise<SnapRevision[]> {
    const rows = await this.database.query<{ revision: RevisionRow }>(
      `select ${REVISION_JSON} as revision from snap_revision r
       join unnest($1::text[], $2::integer[]) w (snap_id, revision) using (snap_id, revision)`,
      refColumns(wanted),
    );
    return rows.map((row) => toRevision(row.revision));
  }

  /** The newest revision ever released to a channel, or to a safer risk of its track, that can read some data. */
  async findReleasedBefore(asked: EarlierReleases): Promise<SnapRevision | undefined> {
    const { snapId, track, risks, branch, architectures, above, below, writes } = asked;
    const rows = await this.database.query<{ revision: RevisionRow }>(
      `select ${REVISION_JSON} as revision from snap_revision r
       where r.snap_id = $1 and r.revision > $2 and r.revision < $3 and r.architectures && $4
         and exists (select from jsonb_array_elements(r.epoch -> 'read') number where number = any ($5::jsonb[]))
         and exists (select from channel_release c where c.snap_id = r.snap_id and c.revision = r.revision
           and c.percentage is null
           and c.architecture = any ($4) and c.track = $6 and c.risk = any ($7) and c.branch in ('', $8))
       order by r.revision desc limit 1`,
      [snapId, above, below, architectures, writes.map(String), track, risks, branch],
    );
    return rows.map((row) => toRevision(row.revision))[0];
  }
}
