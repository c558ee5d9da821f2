import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

/** The origin of a bundle. */
export interface BundleOrigin {
  readonly source: string;
  /** Id of the key that signed it; empty for an unsigned bundle, whose date anybody can forge. */
  readonly keyId: string;
}

/** The creation time of the newest bundle for each source and snap. */
@Injectable()
export class BundleAgeRepository {
  /**
   * Finds the snaps that a newer bundle of the same source contained before.
   *
   * @param createdAt - creation time of the current bundle
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

  /** Remembers the creation time of a bundle. An older bundle changes nothing; a time in the future counts as now. */
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
