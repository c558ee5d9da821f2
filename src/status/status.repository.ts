import { Injectable } from '@nestjs/common';
import { DatabaseService } from '../database/database.service.js';

export interface StoreCounts {
  readonly snaps: number;
  readonly revisions: number;
  readonly assertions: number;
  /** All stored files together, in bytes. */
  readonly blobBytes: number;
}

@Injectable()
export class StatusRepository {
  constructor(private readonly database: DatabaseService) {}

  async counts(): Promise<StoreCounts> {
    const dataSource = await this.database.ready();
    const rows = await dataSource.query<Record<keyof StoreCounts, string>[]>(
      `select (select count(*) from snap) as snaps, (select count(*) from snap_revision) as revisions,
         (select count(*) from assertion) as assertions, (select coalesce(sum(size_bytes), 0) from blob) as "blobBytes"`,
    );
    const [row] = rows;
    return {
      snaps: Number(row?.snaps ?? 0),
      revisions: Number(row?.revisions ?? 0),
      assertions: Number(row?.assertions ?? 0),
      blobBytes: Number(row?.blobBytes ?? 0),
    };
  }

  /** @throws StoreError `database-unavailable` where the database does not answer */
  async ping(): Promise<void> {
    const dataSource = await this.database.ready();
    await dataSource.query('select 1');
  }
}
