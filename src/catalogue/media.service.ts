import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { BlobRecordsService } from '../blobs/blob-records.service.js';
import { BlobStoreService, type StagedBlob } from '../blobs/blob-store.service.js';
import type { ListedPicture } from '../snap-files/picture.js';
import { IconsRepository } from './icons.repository.js';
import { ListedMediaRepository, type CurrentListing } from './listed-media.repository.js';

/** The pictures of snaps: an icon from a snap file, or a picture of a listing. */
@Injectable()
export class MediaService {
  constructor(
    private readonly icons: IconsRepository,
    private readonly listed: ListedMediaRepository,
    private readonly blobs: BlobStoreService,
    private readonly records: BlobRecordsService,
  ) {}

  /**
   * @returns undefined if the snap has no such picture
   * @throws StoreError `storage-failed` if its file is missing or incomplete
   */
  async find(
    snapId: string,
    digest: Buffer,
  ): Promise<{ readonly mediaType: string; readonly read: () => Promise<Buffer> } | undefined> {
    const icon = await this.icons.find(snapId, digest);
    if (icon) return { mediaType: icon.mediaType, read: () => Promise.resolve(icon.bytes) };
    const listed = await this.listed.find(snapId, digest);
    if (!listed) return undefined;
    const sizeBytes = (await this.records.findSize(digest)) ?? 0;
    return { mediaType: listed.mediaType, read: async () => await this.readWhole(digest, sizeBytes) };
  }

  /** The present listing of a snap. */
  async findListing(tx: EntityManager, snapId: string): Promise<CurrentListing> {
    return await this.listed.findCurrent(tx, snapId);
  }

  /** Lists these pictures, with the rows of their files. The caller places the files. */
  async replaceListing(
    tx: EntityManager,
    snapId: string,
    pictures: readonly (ListedPicture & { readonly blob: StagedBlob })[],
    madeAt: Date,
  ): Promise<void> {
    for (const { blob } of pictures) await this.records.add(tx, blob);
    await this.listed.replace(tx, snapId, pictures, madeAt);
  }

  /** Records that a newer bundle has the same listing. */
  async confirmListing(tx: EntityManager, snapId: string, madeAt: Date): Promise<void> {
    await this.listed.confirm(tx, snapId, madeAt);
  }

  private async readWhole(digest: Buffer, sizeBytes: number): Promise<Buffer> {
    const file = await this.blobs.openWhole(digest, sizeBytes);
    try {
      return await file.readFile();
    } finally {
      await file.close();
    }
  }
}
