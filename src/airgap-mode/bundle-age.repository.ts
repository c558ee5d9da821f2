import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

/** When the newest bundle of each source was made: what came before it is older. */
@Injectable()
export class BundleAgeRepository {
  /** @param keyId - of the key that signed it; empty for a bundle without signature, which anybody could date */
  async findNewest(tx: EntityManager, source: string, keyId: string): Promise<Date | undefined> {
    const rows = await tx.query<{ newest_created_at: Date }[]>(
      'select newest_created_at from bundle_source where source = $1 and key_id = $2',
      [source, keyId],
    );
    return rows[0]?.newest_created_at;
  }

  /** When a bundle that was made at this moment first changed something here. */
  async findFirstPush(tx: EntityManager, createdAt: Date): Promise<Date | undefined> {
    const rows = await tx.query<{ first: Date | null }[]>(
      'select min(started_at) as first from import_job where bundle_created_at = $1',
      [createdAt],
    );
    return rows[0]?.first ?? undefined;
  }

  /** Remembers a bundle; an older one, and what a wrong clock dates into the future, moves nothing. */
  async remember(tx: EntityManager, source: string, keyId: string, createdAt: Date): Promise<void> {
    await tx.query(
      `insert into bundle_source (source, key_id, newest_created_at) values ($1, $2, least($3, now()))
       on conflict (source, key_id) do update set newest_created_at = excluded.newest_created_at
       where excluded.newest_created_at > bundle_source.newest_created_at`,
      [source, keyId, createdAt],
    );
  }
}
