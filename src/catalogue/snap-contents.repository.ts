import { Injectable } from '@nestjs/common';
import { DatabaseService } from '../database/database.service.js';
import type { Doer } from './release-record.js';
import type { BroughtBy, BroughtComponent, BroughtRevision, SnapTotals } from './snap-contents.js';
import { SnapListQuery } from './snap-list-query.js';
import type { ListedSnap, SnapFilter, SnapWindow } from './snap-list.js';

interface ImportRow {
  readonly import_id: string;
  readonly source: string;
  readonly kind: string;
  readonly bundle_created_at: Date | null;
  readonly started_at: Date;
  readonly actor_kind: Doer['kind'] | null;
  readonly actor: string | null;
}

const IMPORT =
  'j.id as import_id, j.source, j.kind, j.bundle_created_at, j.started_at, j.actor_kind, j.actor';

/** The list of snaps, and what each of them has, for operators: a page at a time. */
@Injectable()
export class SnapContentsRepository {
  constructor(private readonly database: DatabaseService) {}

  async list(filter: SnapFilter, window: SnapWindow): Promise<ListedSnap[]> {
    const query = new SnapListQuery(filter, window);
    return await this.database.query<ListedSnap>(query.statement(), query.parameters);
  }

  async totals(snapId: string): Promise<SnapTotals> {
    const [row] = await this.database.query<SnapTotals>(
      `select (select count(*)::int from snap_revision where snap_id = $1) as revisions,
         (select count(*)::int from snap_component where snap_id = $1) as components,
         ((select coalesce(sum(size_bytes), 0) from snap_revision where snap_id = $1)
           + (select coalesce(sum(size_bytes), 0) from snap_component where snap_id = $1))::float8 as "sizeBytes"`,
      [snapId],
    );
    return row ?? { revisions: 0, components: 0, sizeBytes: 0 };
  }

  /** Revisions, the newest first. @param before - only those below this one */
  async revisions(snapId: string, limit: number, before?: number): Promise<BroughtRevision[]> {
    const rows = await this.database.query<Omit<BroughtRevision, 'import'> & ImportRow>(
      `select r.revision, r.version, r.type, r.base, r.confinement, r.architectures,
         r.size_bytes::float8 as "sizeBytes", r.sha3_384 as digest, r.provenance, r.created_at as "createdAt", ${IMPORT}
       from snap_revision r join import_job j on j.id = r.import_id
       where r.snap_id = $1 and ($2::int is null or r.revision < $2) order by r.revision desc limit $3`,
      [snapId, before ?? null, limit],
    );
    return rows.map((row) => ({ ...row, import: importOf(row) }));
  }

  /** Revisions of components by name, of each the newest first. @param after - name and revision of the last one before */
  async components(
    snapId: string,
    limit: number,
    after?: { readonly name: string; readonly revision: number },
  ): Promise<BroughtComponent[]> {
    const rows = await this.database.query<Omit<BroughtComponent, 'import'> & ImportRow>(
      `select k.name, k.revision, k.type, k.version, k.size_bytes::float8 as "sizeBytes", k.sha3_384 as digest,
         k.created_at as "createdAt",
         array(select distinct p.snap_revision from snap_component_pair p where p.snap_id = k.snap_id
           and p.name = k.name and p.revision = k.revision order by 1 desc) as "snapRevisions", ${IMPORT}
       from snap_component k join import_job j on j.id = k.import_id
       where k.snap_id = $1 and ($2::text is null or k.name collate "C" > $2 or (k.name = $2 and k.revision < $3))
       order by k.name collate "C", k.revision desc limit $4`,
      [snapId, after?.name ?? null, after?.revision ?? null, limit],
    );
    return rows.map((row) => ({ ...row, import: importOf(row) }));
  }
}

function importOf(row: ImportRow): BroughtBy {
  return {
    id: Number(row.import_id),
    source: row.source,
    kind: row.kind,
    bundleCreatedAt: row.bundle_created_at ?? undefined,
    at: row.started_at,
    actor:
      row.actor_kind === null || row.actor === null ? undefined : { kind: row.actor_kind, name: row.actor },
  };
}
