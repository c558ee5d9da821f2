import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { StagedBlob } from '../blobs/blob-store.service.js';
import { MediaService } from '../catalogue/media.service.js';
import { pictureMedia } from '../snap-files/picture.js';
import type { PushedPicture } from './collected-pictures.js';
import type { SnapImport } from './snap-import.js';

/** The changes of a push to the pictures of a snap's listing. */
export interface ListingResult {
  /** The new pictures; undefined if they did not change. */
  readonly listed: readonly PushedPicture[] | undefined;
  /** The picture files that the store must have. */
  readonly blobs: readonly StagedBlob[];
}

const NOTHING: ListingResult = { listed: undefined, blobs: [] };

/** Stores the pictures of a snap's listing, inside the import's transaction. */
@Injectable()
export class ListingCommitService {
  constructor(private readonly media: MediaService) {}

  /** Replaces the list if the bundle is newer, whatever its revisions are. */
  async commit(tx: EntityManager, { snapId, listing }: SnapImport): Promise<ListingResult> {
    if (!listing) return NOTHING;
    const { pictures } = listing;
    // If the clock of the other machine was ahead, no bundle would be newer for a long time.
    const madeAt = new Date(Math.min(listing.madeAt.getTime(), Date.now()));
    const current = await this.media.findListing(tx, snapId);
    const blobs = pictures.map(({ blob }) => blob);
    const media = pictures.map((picture) => pictureMedia(snapId, picture));
    if (isDeepStrictEqual(current.media ?? [], media)) {
      await this.media.confirmListing(tx, snapId, madeAt);
      return { listed: undefined, blobs };
    }
    if (current.madeAt && current.madeAt > madeAt) return NOTHING;
    await this.media.replaceListing(tx, snapId, pictures, madeAt);
    return { listed: pictures, blobs };
  }
}
