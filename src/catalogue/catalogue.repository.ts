import { Injectable } from '@nestjs/common';
import { DatabaseService } from '../database/database.service.js';
import {
  REVISION_JSON,
  SNAP_SQL,
  SnapRecord,
  toRevision,
  type RevisionRow,
  type SnapRow,
} from './snap-record.js';
import type { SnapRevision } from './snap.js';

/** Some channels of a snap: of a track, those of some risks, and a branch. */
export interface Places {
  readonly snapId: string;
  readonly track: string;
  readonly risks: readonly string[];
  readonly branch: string;
  readonly architectures: readonly string[];
}

/** When a revision was last released on a channel. */
export interface ReleaseTime {
  readonly snapId: string;
  readonly revision: number;
  readonly architecture: string;
  readonly track: string;
  readonly risk: string;
  readonly branch: string;
  readonly at: Date;
}

/** Which earlier releases a question is about. */
export interface EarlierReleases extends Places {
  /** Revisions between these two, neither of them included. */
  readonly above: number;
  readonly below: number;
  /** Only revisions that read one of these generations of data. */
  readonly writes: readonly number[];
}

/** What listings say of a revision. */
export interface ListedRevision {
  readonly snapId: string;
  readonly revision: number;
  readonly version: string;
  readonly architectures: readonly string[];
  readonly base: string | null;
  readonly confinement: string;
  readonly sizeBytes: number;
  /** SHA3-384, 48 bytes. */
  readonly digest: Buffer;
  /** When it came into this store. */
  readonly pushedAt: Date;
}

/** Ids of the snaps of some ids and names: each kind by its own index. */
const IDS = `array(select snap_id from snap where snap_id = any ($1)
  union select snap_id from snap where name = any ($2) and name <> '')`;

/** Reads snaps, their channels and their revisions. */
@Injectable()
export class CatalogueRepository {
  constructor(private readonly database: DatabaseService) {}

  /** Which snaps of some ids and names are here, without reading what is known of them. */
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

  /** Those of some ids and names that are here, in no order. */
  async findSnaps(snapIds: readonly string[], names: readonly string[]): Promise<SnapRecord[]> {
    const rows = await this.database.query<SnapRow>(`${SNAP_SQL} where s.snap_id = any (${IDS})`, [
      snapIds,
      names,
    ]);
    return rows.map(({ record }) => new SnapRecord(record));
  }

  async findRevision(snapId: string, revision: number): Promise<SnapRevision | undefined> {
    return (await this.findRevisions([{ snapId, revision }]))[0];
  }

  /** Those of a list of revisions that are here, in no order. */
  async findRevisions(
    wanted: readonly { readonly snapId: string; readonly revision: number }[],
  ): Promise<SnapRevision[]> {
    const rows = await this.database.query<{ revision: RevisionRow }>(
      `select ${REVISION_JSON} as revision from snap_revision r
       join unnest($1::text[], $2::integer[]) w (snap_id, revision) using (snap_id, revision)`,
      [wanted.map(({ snapId }) => snapId), wanted.map(({ revision }) => revision)],
    );
    return rows.map((row) => toRevision(row.revision));
  }

  /** The newest revision that was released on a channel, or on a safer risk of its track, and can take over some data. */
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

  /** Where revisions were ever released, and when last, in no order. */
  async findReleaseTimes(
    wanted: readonly { readonly snapId: string; readonly revision: number }[],
  ): Promise<ReleaseTime[]> {
    return await this.database.query<ReleaseTime>(
      `select snap_id as "snapId", revision, architecture, track, risk, branch, max(released_at) as at
       from channel_release join unnest($1::text[], $2::integer[]) w (snap_id, revision) using (snap_id, revision)
       group by snap_id, revision, architecture, track, risk, branch`,
      [wanted.map(({ snapId }) => snapId), wanted.map(({ revision }) => revision)],
    );
  }

  /** Every snap with its channels and revisions, by name; for listings of the whole store. */
  async findAll(): Promise<SnapRecord[]> {
    const rows = await this.database.query<SnapRow>(`${SNAP_SQL} order by s.name`);
    return rows.map(({ record }) => new SnapRecord(record));
  }

  /** Every revision of every snap, or of one, without the text of its snap.yaml. */
  async findAllRevisions(snapId?: string): Promise<ListedRevision[]> {
    const rows = await this.database.query<Omit<ListedRevision, 'sizeBytes'> & { sizeBytes: string }>(
      `select r.snap_id as "snapId", r.revision, r.sha3_384 as digest, r.size_bytes as "sizeBytes", r.architectures,
         r.version, r.base, r.confinement, j.started_at as "pushedAt"
       from snap_revision r join import_job j on j.id = r.import_id
       where $1::text is null or r.snap_id = $1 order by r.snap_id, r.revision`,
      [snapId ?? null],
    );
    return rows.map((row) => ({ ...row, sizeBytes: Number(row.sizeBytes) }));
  }
}
