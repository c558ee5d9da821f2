import { Injectable } from '@nestjs/common';
import { HoldingsService } from '../catalogue/holdings.service.js';
import { DeltasRepository, type DeltaRecord, type ReadyDeltas } from './deltas.repository.js';

/** A pair of revisions as operators see it. */
export interface ListedDelta extends DeltaRecord {
  /** Of the snap. */
  readonly name: string;
  /** Of the whole target. */
  readonly targetBytes: number;
}

/** The deltas that there are, and those that could not be made, for whoever lists them. */
@Injectable()
export class DeltasService {
  constructor(
    private readonly deltas: DeltasRepository,
    private readonly holdings: HoldingsService,
  ) {}

  /**
   * Every pair that was tried, by name and revisions.
   *
   * @param name - of one snap; undefined: of all
   * @returns undefined where there is no snap of that name
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

  /** How many can be offered, and how long they are together. */
  async countReady(): Promise<ReadyDeltas> {
    return await this.deltas.countReady();
  }
}

/** Among those of one snap, the order stays. */
function byName(a: ListedDelta, b: ListedDelta): number {
  return a.name === b.name ? 0 : a.name < b.name ? -1 : 1;
}
