import { Injectable } from '@nestjs/common';
import { BlobStoreService } from '../blobs/blob-store.service.js';
import { IconsRepository } from './icons.repository.js';
import { ListedMediaRepository } from './listed-media.repository.js';

/** Finds the pictures of snaps, wherever they are kept: an icon out of a snap file, or a listing's picture. */
@Injectable()
export class MediaService {
  constructor(
    private readonly icons: IconsRepository,
    private readonly listed: ListedMediaRepository,
    private readonly blobs: BlobStoreService,
  ) {}

  /**
   * @returns undefined where the snap has no such picture
   * @throws StoreError `storage-failed` where its file is gone or not whole
   */
  async find(
    snapId: string,
    digest: Buffer,
  ): Promise<{ readonly mediaType: string; readonly read: () => Promise<Buffer> } | undefined> {
    const icon = await this.icons.find(snapId, digest);
    if (icon) return { mediaType: icon.mediaType, read: () => Promise.resolve(icon.bytes) };
    const listed = await this.listed.find(snapId, digest);
    return (
      listed && {
        mediaType: listed.mediaType,
        read: async () => await this.readWhole(digest, listed.sizeBytes),
      }
    );
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
