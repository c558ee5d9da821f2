import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DatabaseService } from '../database/database.service.js';
import { pictureMedia, type ListedPicture, type SnapMedia } from '../snap-files/picture.js';

/** The present listing of a snap. */
export interface CurrentListing {
  readonly media: readonly SnapMedia[] | null;
  /** When its bundle was made. */
  readonly madeAt: Date | null;
}

/** The pictures in the listings of snaps. Unlisted ones stay, because a device may just have received their URLs. */
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

  /** Lists these pictures. The rows of their files exist already. */
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

  /** Records that a newer bundle has the same listing. */
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
