import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DatabaseService } from '../database/database.service.js';

/** The rows of stored files, which other rows refer to. */
@Injectable()
export class BlobsRepository {
  constructor(private readonly database: DatabaseService) {}

  async add(tx: EntityManager, digest: Buffer, sizeBytes: number): Promise<void> {
    await tx.query('insert into blob (sha3_384, size_bytes) values ($1, $2) on conflict do nothing', [
      digest,
      sizeBytes,
    ]);
  }

  /** @returns whether the row existed */
  async remove(tx: EntityManager, digest: Buffer): Promise<boolean> {
    const [, removed] = await tx.query<[unknown, number]>('delete from blob where sha3_384 = $1', [digest]);
    return removed > 0;
  }

  async findSize(digest: Buffer): Promise<number | undefined> {
    const [row] = await this.database.query<{ size: string }>(
      'select size_bytes as size from blob where sha3_384 = $1',
      [digest],
    );
    return row && Number(row.size);
  }

  async totalBytes(): Promise<number> {
    const [row] = await this.database.query<{ bytes: string }>(
      'select coalesce(sum(size_bytes), 0) as bytes from blob',
    );
    return Number(row?.bytes ?? 0);
  }
}
