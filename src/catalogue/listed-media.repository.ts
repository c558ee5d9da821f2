import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DatabaseService } from '../database/database.service.js';
import { pictureMedia, type ListedPicture, type SnapMedia } from '../snap-files/picture.js';

/** The listing that a snap is shown with now. */
export interface CurrentListing {
  readonly media: readonly SnapMedia[] | null;
  /** When the bundle was made that it came with. */
  readonly madeAt: Date | null;
}

/** The pictures of the listings of snaps. Those that are no longer listed stay: somebody may just have been told of them. */
@Injectable()
export class ListedMediaRepository {
  constructor(private readonly database: DatabaseService) {}

  async findCurrent(tx: EntityManager, snapId: string): Promise<CurrentListing> {
    const rows = await tx.query<CurrentListing[]>(
      'select listed_media as media, listed_media_at as "madeAt" from snap where snap_id = $1',
      [snapId],
    );
    return rows[0] ?? { media: null, madeAt: null };
  }

  /** Lists these pictures, whose files are rows already, from now on. */
  async replace(
    tx: EntityManager,
    snapId: string,
    pictures: readonly ListedPicture[],
    madeAt: Date,
  ): Promise<void> {
    for (const { digest, mediaType } of pictures)
      await tx.query(
        'insert into snap_media (snap_id, sha3_384, media_type) values ($1, $2, $3) on conflict do nothing',
        [snapId, digest, mediaType],
      );
    await tx.query(
      'update snap set listed_media = $2, listed_media_at = $3, updated_at = now() where snap_id = $1',
      [snapId, JSON.stringify(pictures.map((picture) => pictureMedia(snapId, picture))), madeAt],
    );
  }

  /** Notes that a newer bundle says the same. */
  async confirm(tx: EntityManager, snapId: string, madeAt: Date): Promise<void> {
    await tx.query(
      `update snap set listed_media = coalesce(listed_media, '[]'), listed_media_at = greatest(listed_media_at, $2)
       where snap_id = $1`,
      [snapId, madeAt],
    );
  }

  async find(snapId: string, digest: Buffer): Promise<{ readonly mediaType: string } | undefined> {
    const rows = await this.database.query<{ mediaType: string }>(
      'select media_type as "mediaType" from snap_media where snap_id = $1 and sha3_384 = $2',
      [snapId, digest],
    );
    return rows[0];
  }
}
