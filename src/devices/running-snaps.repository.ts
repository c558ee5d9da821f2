import { Injectable } from '@nestjs/common';
import { DatabaseService } from '../database/database.service.js';
import type { RunningSnapKey } from './device-question.js';

/** Snaps of which one round of {@link RunningSnapsRepository.forgetUnused} looks whether a device runs them. */
const LOOKED_AT_ONCE = 100;

/** The table of the different snaps that devices run. */
@Injectable()
export class RunningSnapsRepository {
  private lookedTo: string | null = null;

  constructor(private readonly database: DatabaseService) {}

  async findAll(): Promise<RunningSnapKey[]> {
    return await this.database.query<RunningSnapKey>(
      'select key, snap_id as "snapId", channel, architecture, revision from running_snap',
    );
  }

  /**
   * Deletes those that no device runs any more. It looks at a few at a time. If a device comes back to one meanwhile,
   * its next visit adds it again.
   */
  async forgetUnused(): Promise<void> {
    const [row] = await this.database.query<{ last: string | null }>(
      `with looked as materialized (
         select key from running_snap where $1::bigint is null or key > $1::bigint order by key limit ${LOOKED_AT_ONCE}),
       gone as (
         delete from running_snap using looked
         where running_snap.key = looked.key
           and not exists (select from device where device.snap_keys @> array[looked.key]))
       select max(key) as last from looked`,
      [this.lookedTo],
    );
    this.lookedTo = row?.last ?? null;
  }
}
