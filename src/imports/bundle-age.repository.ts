import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

/** Where a bundle comes from. */
export interface BundleOrigin {
  readonly source: string;
  /** Of the key that signed it; empty for a bundle without signature, which anybody could date. */
  readonly keyId: string;
}

/** When the newest bundle of each source was made that had a snap: what came before it is older. */
@Injectable()
export class BundleAgeRepository {
  /**
   * The snaps that a newer bundle of a source brought before.
   *
   * @param createdAt - when the bundle in hand was made
   */
  async findNewer(
    tx: EntityManager,
    { source, keyId }: BundleOrigin,
    snapIds: readonly string[],
    createdAt: Date,
  ): Promise<{ readonly snapId: string; readonly createdAt: Date }[]> {
    return await tx.query(
      `select snap_id as "snapId", newest_created_at as "createdAt" from bundle_source
       where source = $1 and key_id = $2 and snap_id = any ($3) and newest_created_at > $4`,
      [source, keyId, snapIds, createdAt],
    );
  }

  /** Remembers a bundle; an older one, and what a wrong clock dates into the future, moves nothing. */
  async remember(
    tx: EntityManager,
    { source, keyId }: BundleOrigin,
    snapIds: readonly string[],
    createdAt: Date,
  ): Promise<void> {
    await tx.query(
      `insert into bundle_source (source, key_id, snap_id, newest_created_at)
       select $1, $2, snap_id, least($4, now()) from unnest($3::text[]) snap_id order by snap_id
       on conflict (source, key_id, snap_id) do update set newest_created_at = excluded.newest_created_at
       where excluded.newest_created_at > bundle_source.newest_created_at`,
      [source, keyId, snapIds, createdAt],
    );
  }
}
