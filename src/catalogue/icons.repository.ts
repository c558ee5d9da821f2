import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DatabaseService } from '../database/database.service.js';
import type { Picture } from '../snap-files/picture.js';

/** The icons of snaps: one each, of at most 300,000 bytes. */
@Injectable()
export class IconsRepository {
  constructor(private readonly database: DatabaseService) {}

  async put(tx: EntityManager, snapId: string, { digest, mediaType, bytes }: Picture): Promise<void> {
    await tx.query(
      `insert into snap_icon (snap_id, sha3_384, media_type, bytes) values ($1, $2, $3, $4)
       on conflict (snap_id) do update set sha3_384 = $2, media_type = $3, bytes = $4`,
      [snapId, digest, mediaType, bytes],
    );
  }

  async find(
    snapId: string,
    digest: Buffer,
  ): Promise<{ readonly mediaType: string; readonly bytes: Buffer } | undefined> {
    const rows = await this.database.query<{ mediaType: string; bytes: Buffer }>(
      'select media_type as "mediaType", bytes from snap_icon where snap_id = $1 and sha3_384 = $2',
      [snapId, digest],
    );
    return rows[0];
  }
}
