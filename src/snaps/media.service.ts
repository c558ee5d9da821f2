import { Injectable } from '@nestjs/common';
import { BlobStore } from '../blobs/blob-store.js';
import { StoreError } from '../common/errors.js';
import { IconsRepository } from './icons.repository.js';
import { ListedMediaRepository } from './listed-media.repository.js';
import { MAX_PICTURE_BYTES } from './picture.js';

/** Finds the pictures of snaps, wherever they are kept: an icon out of a snap file, or a listing's picture. */
@Injectable()
export class MediaService {
  constructor(
    private readonly icons: IconsRepository,
    private readonly listed: ListedMediaRepository,
    private readonly blobs: BlobStore,
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
    const failed = (why: string, cause?: unknown) =>
      new StoreError('storage-failed', `cannot send a picture: ${why}`, { cause });
    const file = await this.blobs.open(digest).catch((error: unknown) => {
      if (!(error instanceof StoreError) || error.code !== 'not-found') throw error;
      throw failed(error.message, error);
    });
    try {
      const { size } = await file.stat();
      // Small enough for the memory, and a whole one: no other was ever recorded.
      if (size === sizeBytes && size <= MAX_PICTURE_BYTES) return await file.readFile();
      throw failed(`its file has ${size} bytes, not ${sizeBytes}`);
    } finally {
      await file.close();
    }
  }
}
