import { Injectable } from '@nestjs/common';
import { DatabaseService } from '../database/database.service.js';

export interface StoreCounts {
  readonly snaps: number;
  readonly revisions: number;
  /** Number of component revisions. */
  readonly components: number;
  readonly assertions: number;
  /** Size of all stored files, in bytes. */
  readonly blobBytes: number;
  /** Deltas that can be offered. Their bytes are included in `blobBytes`. */
  readonly deltas: number;
  readonly deltaBytes: number;
}

/** The stores and account-keys of which this store has assertions. */
export interface Imported {
  /** Their ids. */
  readonly stores: readonly string[];
  readonly accountKeys: readonly { readonly id: string; readonly accountId: string }[];
}

@Injectable()
export class StatusRepository {
  constructor(private readonly database: DatabaseService) {}

  async counts(): Promise<StoreCounts> {
    const dataSource = await this.database.ready();
    const rows = await dataSource.query<Record<keyof StoreCounts, string>[]>(
      `select (select count(*) from snap) as snaps, (select count(*) from snap_revision) as revisions,
         (select count(*) from snap_component) as components,
         (select count(*) from assertion) as assertions, (select coalesce(sum(size_bytes), 0) from blob) as "blobBytes",
         (select count(*) from snap_delta where state = 'ready') as deltas,
         (select coalesce(sum(size_bytes), 0) from snap_delta where state = 'ready') as "deltaBytes"`,
    );
    const [row] = rows;
    return {
      snaps: Number(row?.snaps ?? 0),
      revisions: Number(row?.revisions ?? 0),
      components: Number(row?.components ?? 0),
      assertions: Number(row?.assertions ?? 0),
      blobBytes: Number(row?.blobBytes ?? 0),
      deltas: Number(row?.deltas ?? 0),
      deltaBytes: Number(row?.deltaBytes ?? 0),
    };
  }

  async imported(): Promise<Imported> {
    const dataSource = await this.database.ready();
    const stores = await dataSource.query<{ id: string }[]>(
      `select distinct primary_key[1] as id from assertion where type = 'store' order by 1`,
    );
    // A line that begins with the name is the header: continued values of other headers are indented.
    const accountKeys = await dataSource.query<{ id: string; accountId: string }[]>(
      `select distinct primary_key[1] as id,
         coalesce(substring(encode(bytes, 'escape') from '\\naccount-id: ([^\\n]+)'), '') as "accountId"
       from assertion where type = 'account-key' order by 2, 1`,
    );
    return { stores: stores.map(({ id }) => id), accountKeys };
  }

  /** @throws StoreError `database-unavailable` if the database does not answer */
  async ping(): Promise<void> {
    const dataSource = await this.database.ready();
    await dataSource.query('select 1');
  }
}
