import { Injectable } from '@nestjs/common';
import { BlobStoreService, type StagedBlob } from '../blobs/blob-store.service.js';
import { SettingsService } from '../settings/settings.service.js';
import { makeRoom, type BudgetedDelta } from './delta-budget.js';
import { DeltaRowsRepository, type DeltaRecord } from './delta-rows.repository.js';
import { pairKey, type RevisionPair } from './delta.js';
import { DELTAS_MAX_SIZE } from './delta.settings.js';

/** An attempt that fails this often is not repeated. */
export const MAX_ATTEMPTS = 3;

/** After a failed attempt, times the number of attempts. */
const RETRY_AFTER_MS = 60 * 60 * 1_000;

const NO_ROOM = 'there is no room for it within proxy.deltas.max-size';

type HeldDelta = BudgetedDelta & { readonly record: DeltaRecord };

/** Keeps the deltas that there are within their budget, and knows which are missing. */
@Injectable()
export class DeltaKeeperService {
  constructor(
    private readonly rows: DeltaRowsRepository,
    private readonly blobs: BlobStoreService,
    private readonly settings: SettingsService,
  ) {}

  /** Those of a list that are worth an attempt now. */
  async missing(wanted: readonly RevisionPair[]): Promise<RevisionPair[]> {
    const maxBytes = await this.settings.get(DELTAS_MAX_SIZE);
    if (maxBytes === 0) return [];
    const records = await this.rows.findAll();
    const tried = new Map(records.map((record) => [pairKey(record), record]));
    const heldBytes = sum(held(records));
    return wanted.filter((pair) => {
      const record = tried.get(pairKey(pair));
      return !record || isWorthAnAttempt(record, maxBytes - heldBytes);
    });
  }

  /** Drops deltas until the others are within the budget. */
  async keepWithin(wanted: readonly RevisionPair[]): Promise<void> {
    const maxBytes = await this.settings.get(DELTAS_MAX_SIZE);
    const leaving = makeRoom(held(await this.rows.findAll()), wanted.map(pairKey), maxBytes);
    for (const { record } of leaving ?? []) await this.drop(record);
  }

  /** Offers a new delta, in the place of others where need be; or drops it. */
  async keep(pair: RevisionPair, staged: StagedBlob, wanted: readonly RevisionPair[]): Promise<void> {
    const { sizeBytes } = staged;
    const newcomer = { key: pairKey(pair), sizeBytes };
    try {
      const maxBytes = await this.settings.get(DELTAS_MAX_SIZE);
      const leaving = makeRoom(held(await this.rows.findAll()), wanted.map(pairKey), maxBytes, newcomer);
      if (!leaving) {
        await this.rows.giveUp(pair, { state: 'dropped', reason: NO_ROOM, sizeBytes });
        return;
      }
      for (const { record } of leaving) await this.drop(record);
      await this.blobs.place(staged);
    } finally {
      await this.blobs.discard(staged);
    }
    await this.rows.publish(pair, staged);
  }

  private async drop(record: DeltaRecord): Promise<void> {
    // The row first: a file without one is harmless, the other way round a device would be sent there.
    if ((await this.rows.drop(record, NO_ROOM)) && record.digest) await this.blobs.remove(record.digest);
  }
}

function held(records: readonly DeltaRecord[]): HeldDelta[] {
  return records
    .filter(({ state }) => state === 'ready')
    .map((record) => ({
      key: pairKey(record),
      sizeBytes: record.sizeBytes ?? 0,
      usedAt: record.usedAt ?? record.triedAt,
      record,
    }));
}

function sum(deltas: readonly BudgetedDelta[]): number {
  return deltas.reduce((bytes, { sizeBytes }) => bytes + sizeBytes, 0);
}

function isWorthAnAttempt(record: DeltaRecord, freeBytes: number): boolean {
  switch (record.state) {
    case 'ready':
    case 'too-large':
      return false;
    case 'dropped':
      return (record.sizeBytes ?? 0) <= freeBytes;
    case 'started':
      return record.attempts < MAX_ATTEMPTS;
    case 'failed':
      return (
        record.attempts < MAX_ATTEMPTS &&
        Date.now() - record.triedAt.getTime() >= RETRY_AFTER_MS * record.attempts
      );
  }
}
