import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { StagedBlob } from '../blobs/blob-store.service.js';
import { DatabaseService } from '../database/database.service.js';
import { NotificationsService } from '../database/notifications.service.js';
import { TransactionsService } from '../database/transactions.service.js';
import { DELTAS_CHANNEL } from './delta-index.service.js';
import type { RevisionPair } from './delta.js';

/** `started` is being made, or was when its process was killed; only those that are `ready` have a file. */
export type DeltaState = 'started' | 'ready' | 'too-large' | 'failed' | 'dropped';

/** What is known of one pair of revisions. */
export interface DeltaRecord extends RevisionPair {
  readonly name: string;
  readonly state: DeltaState;
  /** Why it is not ready. */
  readonly reason: string | null;
  readonly attempts: number;
  readonly sizeBytes: number | null;
  /** Of the whole target. */
  readonly targetBytes: number;
  /** SHA3-384 of the delta's file, 48 bytes. */
  readonly digest: Buffer | null;
  readonly triedAt: Date;
  readonly usedAt: Date | null;
}

/** How an attempt ended without a delta. */
export interface Outcome {
  readonly state: Exclude<DeltaState, 'ready' | 'started'>;
  readonly reason: string;
  readonly sizeBytes?: number;
}

/** "deltas", as two numbers: locks of one key are the snaps'. */
const MAKER_LOCK = '27506, 24932';

const IS_PAIR = 'snap_id = $1 and source_revision = $2 and target_revision = $3';

function keyOf({ snapId, source, target }: RevisionPair): [string, number, number] {
  return [snapId, source, target];
}

/** Writes down which deltas were made, and which cannot be. */
@Injectable()
export class DeltaRowsRepository {
  constructor(
    private readonly database: DatabaseService,
    private readonly transactions: TransactionsService,
    private readonly notifications: NotificationsService,
  ) {}

  /** Every pair that was tried, by snap and revisions. */
  async findAll(): Promise<DeltaRecord[]> {
    const rows = await this.database.query<
      Omit<DeltaRecord, 'sizeBytes' | 'targetBytes'> & { sizeBytes: string | null; targetBytes: string }
    >(
      `select d.snap_id as "snapId", d.source_revision as source, d.target_revision as target, s.name, d.state,
         d.reason, d.attempts, d.size_bytes as "sizeBytes", r.size_bytes as "targetBytes", d.sha3_384 as digest,
         d.tried_at as "triedAt", d.used_at as "usedAt"
       from snap_delta d join snap s using (snap_id)
       join snap_revision r on r.snap_id = d.snap_id and r.revision = d.target_revision
       order by s.name, d.snap_id, d.target_revision, d.source_revision`,
    );
    return rows.map(({ sizeBytes, targetBytes, ...row }) => ({
      ...row,
      sizeBytes: sizeBytes === null ? null : Number(sizeBytes),
      targetBytes: Number(targetBytes),
    }));
  }

  async hasSnap(name: string): Promise<boolean> {
    return (await this.database.query('select from snap where name = $1', [name])).length > 0;
  }

  /**
   * Runs work while no other process does such work; a process that ends gives the lock back.
   *
   * @returns whether the lock could be had
   */
  async whileAlone(work: () => Promise<void>): Promise<boolean> {
    const runner = (await this.database.ready()).createQueryRunner();
    try {
      const [row] = (await runner.query(`select pg_try_advisory_lock(${MAKER_LOCK}) as alone`)) as {
        alone: boolean;
      }[];
      if (!row?.alone) return false;
      try {
        await work();
      } finally {
        await runner.query(`select pg_advisory_unlock(${MAKER_LOCK})`);
      }
      return true;
    } finally {
      await runner.release();
    }
  }

  /** Notes an attempt before it is made: one that takes the server down with it is counted too. */
  async begin(pair: RevisionPair): Promise<void> {
    await this.database.query(
      `insert into snap_delta (snap_id, source_revision, target_revision, state, attempts)
       values ($1, $2, $3, 'started', 1)
       on conflict (snap_id, source_revision, target_revision) do update
         set state = 'started', reason = null, attempts = snap_delta.attempts + 1, tried_at = now()`,
      keyOf(pair),
    );
  }

  /** Takes {@link begin} back, where the attempt was broken off for a reason that is not the pair's. */
  async takeBack(pair: RevisionPair): Promise<void> {
    await this.database.query(`delete from snap_delta where ${IS_PAIR}`, keyOf(pair));
  }

  async giveUp(pair: RevisionPair, { state, reason, sizeBytes }: Outcome): Promise<void> {
    await this.database.query(
      `update snap_delta set state = $4, reason = $5, size_bytes = $6, tried_at = now() where ${IS_PAIR}`,
      [...keyOf(pair), state, reason, sizeBytes ?? null],
    );
  }

  /** Lets every unit offer a delta whose file is in its place. */
  async publish(pair: RevisionPair, { digest, sizeBytes }: StagedBlob): Promise<void> {
    await this.transactions.run(async (tx) => {
      await tx.query('insert into blob (sha3_384, size_bytes) values ($1, $2) on conflict do nothing', [
        digest,
        sizeBytes,
      ]);
      await tx.query(
        `update snap_delta set state = 'ready', sha3_384 = $4, size_bytes = $5, tried_at = now()
         where ${IS_PAIR}`,
        [...keyOf(pair), digest, sizeBytes],
      );
      await this.notifications.publish(tx, DELTAS_CHANNEL, pair.snapId);
    });
  }

  /**
   * Ends the offer of a delta.
   *
   * @returns whether its file may be removed: nothing else is in it
   */
  async drop(record: DeltaRecord, reason: string): Promise<boolean> {
    return await this.transactions.run(async (tx) => {
      await tx.query(
        `update snap_delta set state = 'dropped', reason = $4, sha3_384 = null where ${IS_PAIR}`,
        [...keyOf(record), reason],
      );
      await this.notifications.publish(tx, DELTAS_CHANNEL, record.snapId);
      return record.digest !== null && (await forgetFile(tx, record.digest));
    });
  }
}

async function forgetFile(tx: EntityManager, digest: Buffer): Promise<boolean> {
  const [gone] = await tx.query<[unknown[], number]>(
    `delete from blob b where sha3_384 = $1
       and not exists (select from snap_delta d where d.sha3_384 = b.sha3_384)
       and not exists (select from snap_revision r where r.sha3_384 = b.sha3_384)
       and not exists (select from snap_component k where k.sha3_384 = b.sha3_384)
       and not exists (select from snap_media m where m.sha3_384 = b.sha3_384) returning 1`,
    [digest],
  );
  return gone.length > 0;
}
