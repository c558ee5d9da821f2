import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { BlobRecordsService } from '../blobs/blob-records.service.js';
import { BlobStoreService, type StagedBlob } from '../blobs/blob-store.service.js';
import { HoldingsService } from '../catalogue/holdings.service.js';
import { TransactionsService } from '../database/transactions.service.js';
import { SettingsService } from '../settings/settings.service.js';
import { makeRoom, type BudgetedDelta } from './delta-budget.js';
import { pairKey, type RevisionPair } from './delta.js';
import { DELTAS_MAX_SIZE } from './delta.settings.js';
import { DeltasRepository, type DeltaRecord } from './deltas.repository.js';

/** Most attempts for a pair. */
export const MAX_DELTA_ATTEMPTS = 3;

/** The delay after a failed attempt, multiplied by the number of attempts. */
const RETRY_AFTER_MS = 60 * 60 * 1_000;

const NO_ROOM = 'it does not fit within proxy.deltas.max-size';

type HeldDelta = BudgetedDelta & { readonly record: DeltaRecord };

/** Keeps the deltas within their budget, and finds missing ones. */
@Injectable()
export class DeltaKeeperService {
  constructor(
    private readonly deltas: DeltasRepository,
    private readonly blobs: BlobStoreService,
    private readonly records: BlobRecordsService,
    private readonly holdings: HoldingsService,
    private readonly transactions: TransactionsService,
    private readonly settings: SettingsService,
  ) {}

  /** The pairs of a list that may be tried now. */
  async missing(wanted: readonly RevisionPair[]): Promise<RevisionPair[]> {
    const maxBytes = await this.settings.get(DELTAS_MAX_SIZE);
    if (maxBytes === 0) return [];
    const records = await this.deltas.findAll();
    const tried = new Map(records.map((record) => [pairKey(record), record]));
    const heldBytes = sum(held(records));
    return wanted.filter((pair) => {
      const record = tried.get(pairKey(pair));
      return !record || isWorthAnAttempt(record, maxBytes - heldBytes);
    });
  }

  /** Drops deltas until the others fit the budget. */
  async keepWithin(wanted: readonly RevisionPair[]): Promise<void> {
    const maxBytes = await this.settings.get(DELTAS_MAX_SIZE);
    const leaving = makeRoom(held(await this.deltas.findAll()), wanted.map(pairKey), maxBytes);
    for (const { record } of leaving ?? []) await this.drop(record);
  }

  /** Offers a new delta, and drops others if necessary; or drops the new one. */
  async keep(pair: RevisionPair, staged: StagedBlob, wanted: readonly RevisionPair[]): Promise<void> {
    const { sizeBytes } = staged;
    const newcomer = { key: pairKey(pair), sizeBytes };
    try {
      const maxBytes = await this.settings.get(DELTAS_MAX_SIZE);
      const leaving = makeRoom(held(await this.deltas.findAll()), wanted.map(pairKey), maxBytes, newcomer);
      if (!leaving) {
        await this.deltas.giveUp(pair, { state: 'dropped', reason: NO_ROOM, sizeBytes });
        return;
      }
      for (const { record } of leaving) await this.drop(record);
      await this.blobs.place(staged);
    } finally {
      await this.blobs.discard(staged);
    }
    await this.transactions.run(async (tx) => {
      await this.records.add(tx, staged);
      await this.deltas.publish(tx, pair, staged);
    });
  }

  private async drop(record: DeltaRecord): Promise<void> {
    // Deletes the row first: a file without a row is harmless, but a row without a file is offered to devices.
    const { digest } = record;
    const isUnused = await this.transactions.run(async (tx) => {
      await this.deltas.drop(tx, record, NO_ROOM);
      if (!digest || (await this.isUsed(tx, digest))) return false;
      return await this.records.remove(tx, digest);
    });
    if (isUnused && digest) await this.blobs.remove(digest);
  }

  /** Several rows may share a file. */
  private async isUsed(tx: EntityManager, digest: Buffer): Promise<boolean> {
    return (await this.deltas.usesFile(tx, digest)) || (await this.holdings.usesFile(tx, digest));
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
      return record.attempts < MAX_DELTA_ATTEMPTS;
    case 'failed':
      return (
        record.attempts < MAX_DELTA_ATTEMPTS &&
        Date.now() - record.triedAt.getTime() >= RETRY_AFTER_MS * record.attempts
      );
  }
}
