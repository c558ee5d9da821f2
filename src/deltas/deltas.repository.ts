import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DatabaseService } from '../database/database.service.js';
import { NotificationsService } from '../database/notifications.service.js';
import { DELTAS_CHANNEL, type Delta, type RevisionPair } from './delta.js';

/** `started`: it is being made, or its process was killed. Only `ready` ones have a file. */
export type DeltaState = 'started' | 'ready' | 'too-large' | 'failed' | 'dropped';

/** The state of one pair of revisions. */
export interface DeltaRecord extends RevisionPair {
  readonly state: DeltaState;
  /** Why it is not ready. */
  readonly reason: string | null;
  readonly attempts: number;
  readonly sizeBytes: number | null;
  /** SHA3-384 of the delta's file, 48 bytes. */
  readonly digest: Buffer | null;
  readonly triedAt: Date;
  readonly usedAt: Date | null;
}

/** Deltas that can be offered. */
export interface ReadyDeltas {
  readonly deltas: number;
  readonly deltaBytes: number;
}

/** The outcome of an attempt without a delta. */
export interface Outcome {
  readonly state: Exclude<DeltaState, 'ready' | 'started'>;
  readonly reason: string;
  readonly sizeBytes?: number;
}

const COLUMNS = `snap_id as "snapId", source_revision as source, target_revision as target, size_bytes as "sizeBytes",
  sha3_384 as digest`;

const ATTEMPTS = `select ${COLUMNS}, state, reason, attempts, tried_at as "triedAt", used_at as "usedAt" from snap_delta`;

const READY = `select ${COLUMNS} from snap_delta where state = 'ready'`;

const IS_PAIR = 'snap_id = $1 and source_revision = $2 and target_revision = $3';

/** "deltas", as two numbers, because locks with one key are used for snaps. */
const MAKER_LOCK = '27506, 24932';

/** The deltas: the existing ones, those in progress and the failed ones. */
@Injectable()
export class DeltasRepository {
  constructor(
    private readonly database: DatabaseService,
    private readonly notifications: NotificationsService,
  ) {}

  /** All pairs with an attempt, sorted by snap-id and revisions. */
  async findAll(): Promise<DeltaRecord[]> {
    return await this.findRecords(`${ATTEMPTS} order by snap_id, target_revision, source_revision`);
  }

  /** The pairs of one snap with an attempt, the newest target first. @param after - the last pair before */
  async findPageOf(
    snapId: string,
    limit: number,
    after?: Pick<RevisionPair, 'source' | 'target'>,
  ): Promise<DeltaRecord[]> {
    return await this.findRecords(
      `${ATTEMPTS} where snap_id = $1 and ($2::int is null or (target_revision, source_revision) < ($2, $3))
       order by target_revision desc, source_revision desc limit $4`,
      [snapId, after?.target ?? null, after?.source ?? null, limit],
    );
  }

  async findReady(): Promise<Delta[]> {
    return await this.findDeltas(READY);
  }

  async findReadyOf(snapId: string): Promise<Delta[]> {
    return await this.findDeltas(`${READY} and snap_id = $1`, [snapId]);
  }

  /** @param snapId - of one snap; undefined: of all */
  async countReady(snapId?: string): Promise<ReadyDeltas> {
    const [row] = await this.database.query<Record<keyof ReadyDeltas, string>>(
      `select count(*) as deltas, coalesce(sum(size_bytes), 0) as "deltaBytes"
       from snap_delta where state = 'ready' and ($1::text is null or snap_id = $1)`,
      [snapId ?? null],
    );
    return { deltas: Number(row?.deltas ?? 0), deltaBytes: Number(row?.deltaBytes ?? 0) };
  }

  /**
   * Runs work while no other process does. The lock is released when a process ends.
   *
   * @returns whether the lock was obtained
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

  /** Records an attempt before it begins, so that one that crashes the server is counted too. */
  async begin(pair: RevisionPair): Promise<void> {
    await this.database.query(
      `insert into snap_delta (snap_id, source_revision, target_revision, state, attempts)
       values ($1, $2, $3, 'started', 1)
       on conflict (snap_id, source_revision, target_revision) do update
         set state = 'started', reason = null, attempts = snap_delta.attempts + 1, tried_at = now()`,
      keyOf(pair),
    );
  }

  /** Reverts {@link begin}, if the attempt was stopped for a reason unrelated to the pair. */
  async takeBack(pair: RevisionPair): Promise<void> {
    await this.database.query(`delete from snap_delta where ${IS_PAIR}`, keyOf(pair));
  }

  async giveUp(pair: RevisionPair, { state, reason, sizeBytes }: Outcome): Promise<void> {
    await this.database.query(
      `update snap_delta set state = $4, reason = $5, size_bytes = $6, tried_at = now() where ${IS_PAIR}`,
      [...keyOf(pair), state, reason, sizeBytes ?? null],
    );
  }

  /** Makes every unit offer a delta. Its file must be in place. */
  async publish(
    tx: EntityManager,
    pair: RevisionPair,
    { digest, sizeBytes }: Pick<Delta, 'digest' | 'sizeBytes'>,
  ): Promise<void> {
    await tx.query(
      `update snap_delta set state = 'ready', sha3_384 = $4, size_bytes = $5, tried_at = now()
       where ${IS_PAIR}`,
      [...keyOf(pair), digest, sizeBytes],
    );
    await this.notifications.publish(tx, DELTAS_CHANNEL, pair.snapId);
  }

  /** Ends the offer of a delta. */
  async drop(tx: EntityManager, pair: RevisionPair, reason: string): Promise<void> {
    await tx.query(`update snap_delta set state = 'dropped', reason = $4, sha3_384 = null where ${IS_PAIR}`, [
      ...keyOf(pair),
      reason,
    ]);
    await this.notifications.publish(tx, DELTAS_CHANNEL, pair.snapId);
  }

  /** Whether a delta uses this file. */
  async usesFile(tx: EntityManager, digest: Buffer): Promise<boolean> {
    const rows = await tx.query<unknown[]>('select from snap_delta where sha3_384 = $1 limit 1', [digest]);
    return rows.length > 0;
  }

  /** Records that devices have fetched these deltas. */
  async noteUsed(pairs: readonly RevisionPair[]): Promise<void> {
    await this.database.query(
      `update snap_delta set used_at = now()
       from jsonb_to_recordset($1::jsonb) as used ("snapId" text, source integer, target integer)
       where snap_id = "snapId" and source_revision = source and target_revision = target`,
      [JSON.stringify(pairs.map(({ snapId, source, target }) => ({ snapId, source, target })))],
    );
  }

  private async findRecords(sql: string, parameters: readonly unknown[] = []): Promise<DeltaRecord[]> {
    const rows = await this.database.query<Omit<DeltaRecord, 'sizeBytes'> & { sizeBytes: string | null }>(
      sql,
      parameters,
    );
    return rows.map(({ sizeBytes, ...row }) => ({
      ...row,
      sizeBytes: sizeBytes === null ? null : Number(sizeBytes),
    }));
  }

  private async findDeltas(sql: string, parameters: readonly unknown[] = []): Promise<Delta[]> {
    const rows = await this.database.query<Omit<Delta, 'sizeBytes'> & { sizeBytes: string }>(sql, parameters);
    return rows.map((row) => ({ ...row, sizeBytes: Number(row.sizeBytes) }));
  }
}

function keyOf({ snapId, source, target }: RevisionPair): [string, number, number] {
  return [snapId, source, target];
}
