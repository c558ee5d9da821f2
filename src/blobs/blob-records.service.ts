import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { BlobsRepository } from './blobs.repository.js';

/** A stored file. */
export interface BlobRecord {
  /** SHA3-384, 48 bytes. */
  readonly digest: Buffer;
  readonly sizeBytes: number;
}

/** Which files the store has, by its rows. */
@Injectable()
export class BlobRecordsService {
  constructor(private readonly blobs: BlobsRepository) {}

  /** Notes a file, before any row refers to it; one that is noted already stays as it is. */
  async add(tx: EntityManager, { digest, sizeBytes }: BlobRecord): Promise<void> {
    await this.blobs.add(tx, digest, sizeBytes);
  }

  /**
   * Forgets a file that no row refers to; the database refuses where one does.
   *
   * @returns whether it was noted
   */
  async remove(tx: EntityManager, digest: Buffer): Promise<boolean> {
    return await this.blobs.remove(tx, digest);
  }

  /** In bytes; undefined where there is no such file. */
  async findSize(digest: Buffer): Promise<number | undefined> {
    return await this.blobs.findSize(digest);
  }

  /** All files together, in bytes. */
  async totalBytes(): Promise<number> {
    return await this.blobs.totalBytes();
  }
}
