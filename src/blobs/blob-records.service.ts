import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { BlobsRepository } from './blobs.repository.js';

/** A stored file. */
export interface BlobRecord {
  /** SHA3-384, 48 bytes. */
  readonly digest: Buffer;
  readonly sizeBytes: number;
}

/** The records of stored files in the database. */
@Injectable()
export class BlobRecordsService {
  constructor(private readonly blobs: BlobsRepository) {}

  /** Records a file before any row refers to it. An existing record is unchanged. */
  async add(tx: EntityManager, { digest, sizeBytes }: BlobRecord): Promise<void> {
    await this.blobs.add(tx, digest, sizeBytes);
  }

  /**
   * Removes the record of a file. The database refuses this while another row refers to it.
   *
   * @returns whether there was a record
   */
  async remove(tx: EntityManager, digest: Buffer): Promise<boolean> {
    return await this.blobs.remove(tx, digest);
  }

  /** The recorded size in bytes; undefined if there is no such file. */
  async findSize(digest: Buffer): Promise<number | undefined> {
    return await this.blobs.findSize(digest);
  }

  /** The size of all files together, in bytes. */
  async totalBytes(): Promise<number> {
    return await this.blobs.totalBytes();
  }
}
