import { Injectable } from '@nestjs/common';
import { DatabaseService } from '../database/database.service.js';
import type { Delta, RevisionPair } from './delta.js';

interface DeltaRow {
  readonly snap_id: string;
  readonly source_revision: number;
  readonly target_revision: number;
  readonly sha3_384: Buffer;
  readonly size_bytes: string;
}

const READY = `select snap_id, source_revision, target_revision, sha3_384, size_bytes
  from snap_delta where state = 'ready'`;

function toDelta(row: DeltaRow): Delta {
  return {
    snapId: row.snap_id,
    source: row.source_revision,
    target: row.target_revision,
    digest: row.sha3_384,
    sizeBytes: Number(row.size_bytes),
  };
}

/** Reads the deltas that can be offered. */
@Injectable()
export class DeltasRepository {
  constructor(private readonly database: DatabaseService) {}

  async findAll(): Promise<Delta[]> {
    return (await this.database.query<DeltaRow>(READY)).map(toDelta);
  }

  async findOfSnap(snapId: string): Promise<Delta[]> {
    return (await this.database.query<DeltaRow>(`${READY} and snap_id = $1`, [snapId])).map(toDelta);
  }

  /** Notes that devices have fetched these. */
  async noteUsed(pairs: readonly RevisionPair[]): Promise<void> {
    await this.database.query(
      `update snap_delta set used_at = now()
       from jsonb_to_recordset($1::jsonb) as used ("snapId" text, source integer, target integer)
       where snap_id = "snapId" and source_revision = source and target_revision = target`,
      [JSON.stringify(pairs.map(({ snapId, source, target }) => ({ snapId, source, target })))],
    );
  }
}
