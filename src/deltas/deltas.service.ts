import { Injectable } from '@nestjs/common';
import { HoldingsService } from '../catalogue/holdings.service.js';
import type { RevisionPair } from './delta.js';
import { DeltasRepository, type DeltaRecord, type ReadyDeltas } from './deltas.repository.js';

export type { DeltaRecord, ReadyDeltas } from './deltas.repository.js';

/** A pair of revisions for operators. */
export interface ListedDelta extends DeltaRecord {
  /** The snap's name. */
  readonly name: string;
  /** The size of the whole target. */
  readonly targetBytes: number;
}

/** The lists of deltas and of failed attempts. */
@Injectable()
export class DeltasService {
  constructor(
    private readonly deltas: DeltasRepository,
    private readonly holdings: HoldingsService,
  ) {}

  /**
   * All pairs with an attempt, sorted by name and revisions.
   *
   * @param name - the name of one snap; undefined: all snaps
   * @returns undefined if no snap has that name
   */
  async list(name?: string): Promise<ListedDelta[] | undefined> {
    const names = await this.holdings.names();
    const records = (await this.deltas.findAll()).filter(
      ({ snapId }) => name === undefined || names.get(snapId) === name,
    );
    if (name !== undefined && records.length === 0 && ![...names.values()].includes(name)) return undefined;
    const fileOf = await this.holdings.findFiles(
      records.map(({ snapId, target }) => ({ snapId, revision: target })),
    );
    return records
      .map((record) => ({
        ...record,
        name: names.get(record.snapId) ?? '',
        targetBytes: fileOf(record.snapId, record.target)?.sizeBytes ?? 0,
      }))
      .toSorted(byName);
  }

  /** The pairs of one snap with an attempt, the newest target first. @param after - the last pair before */
  async pageOf(
    snapId: string,
    limit: number,
    after?: Pick<RevisionPair, 'source' | 'target'>,
  ): Promise<DeltaRecord[]> {
    return await this.deltas.findPageOf(snapId, limit, after);
  }

  /**
   * The number of deltas that can be offered, and their total size.
   *
   * @param snapId - of one snap; undefined: of all
   */
  async countReady(snapId?: string): Promise<ReadyDeltas> {
    return await this.deltas.countReady(snapId);
  }
}

/** Keeps the order for one snap. */
function byName(a: ListedDelta, b: ListedDelta): number {
  return a.name === b.name ? 0 : a.name < b.name ? -1 : 1;
}
