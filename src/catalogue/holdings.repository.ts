import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DatabaseService } from '../database/database.service.js';
import { refColumns, type RevisionRef } from './revision-ref.js';
import { SNAP_SQL, SnapRecord, type SnapRow } from './snap-record.js';

/** A revision in listings. */
export interface ListedRevision extends RevisionFile {
  readonly version: string;
  readonly base: string | null;
  readonly confinement: string;
  /** When it was pushed to this store. */
  readonly pushedAt: Date;
}

/** The file of a revision. */
export interface RevisionFile extends RevisionRef {
  /** SHA3-384, 48 bytes. */
  readonly digest: Buffer;
  readonly sizeBytes: number;
  readonly architectures: readonly string[];
}

/** The size of the store. */
export interface SnapCounts {
  readonly snaps: number;
  readonly revisions: number;
  /** Revisions of components. */
  readonly components: number;
  /** Imports that changed the store. */
  readonly imports: number;
}

const FILE = `r.snap_id as "snapId", r.revision, r.sha3_384 as digest, r.size_bytes as "sizeBytes", r.architectures`;

/** Reads the whole catalogue, with little data of each snap. */
@Injectable()
export class HoldingsRepository {
  constructor(private readonly database: DatabaseService) {}

  /** All snaps with their channels and revisions, sorted by name. */
  async findAll(): Promise<SnapRecord[]> {
    const rows = await this.database.query<SnapRow>(`${SNAP_SQL} order by s.name`);
    return rows.map(({ record }) => new SnapRecord(record));
  }

  /** All revisions of all snaps, or of one, without snap.yaml. */
  async findAllRevisions(snapId?: string): Promise<ListedRevision[]> {
    return await this.findFiles<ListedRevision>(
      `select ${FILE}, r.version, r.base, r.confinement, j.started_at as "pushedAt"
       from snap_revision r join import_job j on j.id = r.import_id
       where $1::text is null or r.snap_id = $1 order by r.snap_id, r.revision`,
      [snapId ?? null],
    );
  }

  /** The files of those of a list of revisions that are in the store, in no order. */
  async findFilesOf(refs: readonly RevisionRef[]): Promise<RevisionFile[]> {
    return await this.findFiles<RevisionFile>(
      `select ${FILE} from snap_revision r
       join unnest($1::text[], $2::integer[]) w (snap_id, revision) using (snap_id, revision)`,
      refColumns(refs),
    );
  }

  async findRevisionRefs(): Promise<RevisionRef[]> {
    return await this.database.query<RevisionRef>('select snap_id as "snapId", revision from snap_revision');
  }

  /** The names of snaps, by snap-id; empty if a snap has none. */
  async names(): Promise<ReadonlyMap<string, string>> {
    const rows = await this.database.query<{ snap_id: string; name: string }>(
      'select snap_id, name from snap',
    );
    return new Map(rows.map(({ snap_id: snapId, name }) => [snapId, name]));
  }

  async count(): Promise<SnapCounts> {
    const [row] = await this.database.query<Record<keyof SnapCounts, string>>(
      `select (select count(*) from snap) as snaps, (select count(*) from snap_revision) as revisions,
         (select count(*) from snap_component) as components, (select count(*) from import_job) as imports`,
    );
    return {
      snaps: Number(row?.snaps ?? 0),
      revisions: Number(row?.revisions ?? 0),
      components: Number(row?.components ?? 0),
      imports: Number(row?.imports ?? 0),
    };
  }

  /** Whether a file belongs to a revision, component or picture. */
  async usesFile(tx: EntityManager, digest: Buffer): Promise<boolean> {
    const [row] = await tx.query<{ used: boolean }[]>(
      `select exists (select from snap_revision where sha3_384 = $1)
         or exists (select from snap_component where sha3_384 = $1)
         or exists (select from snap_media where sha3_384 = $1) as used`,
      [digest],
    );
    return row?.used ?? false;
  }

  private async findFiles<File extends RevisionFile>(
    sql: string,
    parameters: readonly unknown[],
  ): Promise<File[]> {
    const rows = await this.database.query<File>(sql, parameters);
    // A bigint is returned as a string.
    return rows.map((row) => ({ ...row, sizeBytes: Number(row.sizeBytes as unknown) }));
  }
}
